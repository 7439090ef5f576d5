"""Whether the library is what it says: every file opened, every entry looked for; knows no wire."""
