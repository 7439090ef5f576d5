// Texts of the page Cameras and of the wall.

export const cameras = {
  "cameras.title": "Cameras",
  "cameras.none": "No camera yet",
  "cameras.none.do":
    "Plug one in: it appears here by itself. Network cameras are added under Administration.",
} as const;
