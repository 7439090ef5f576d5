// Texte der Seite System.

import type { system as english } from "../en/system";

export const system: Record<keyof typeof english, string> = {
  "system.title": "System",
};
