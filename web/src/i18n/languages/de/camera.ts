// Texte der Seite einer Kamera, und dessen, was man mit einer tut.

import type { camera as english } from "../en/camera";

export const camera: Record<keyof typeof english, string> = {
  "camera.record.failed": "{name} wird nicht aufgenommen.",
  "camera.stop.failed": "Die Aufnahme von {name} wurde nicht beendet.",
  "camera.snapshot.done": "Schnappschuss von {name}",
  "camera.snapshot.download": "Herunterladen",
  "camera.snapshot.failed": "Kein Schnappschuss von {name}.",
};
