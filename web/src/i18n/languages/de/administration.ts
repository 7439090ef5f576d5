// Texte der Seite Verwaltung.

import type { administration as english } from "../en/administration";

export const administration: Record<keyof typeof english, string> = {
  "administration.title": "Verwaltung",
};
