// Texte der Seite Kameras und der Wand.

import type { cameras as english } from "../en/cameras";

export const cameras: Record<keyof typeof english, string> = {
  "cameras.title": "Kameras",
  "cameras.none": "Noch keine Kamera",
  "cameras.none.do":
    "Stecken Sie eine an: Sie erscheint hier von selbst. Netzwerkkameras kommen unter Verwaltung hinzu.",
};
