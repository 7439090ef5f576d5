// Texts of the page System.

export const system = {
  "system.title": "System",
} as const;
