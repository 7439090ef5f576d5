// Texts of the page Library.

export const library = {
  "library.title": "Library",
} as const;
