"""A real browser, and what it is shown."""
