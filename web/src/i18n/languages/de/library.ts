// Texte der Seite Archiv.

import type { library as english } from "../en/library";

export const library: Record<keyof typeof english, string> = {
  "library.title": "Archiv",
};
