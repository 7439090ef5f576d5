// Texts of the page Administration.

export const administration = {
  "administration.title": "Administration",
} as const;
