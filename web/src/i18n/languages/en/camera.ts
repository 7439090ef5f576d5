// Texts of the page of one camera, and of what is done to one.

export const camera = {
  "camera.record.failed": "{name} is not recorded.",
  "camera.stop.failed": "The recording of {name} was not stopped.",
  "camera.snapshot.done": "Snapshot of {name}",
  "camera.snapshot.download": "Download",
  "camera.snapshot.failed": "No snapshot of {name}.",
} as const;
