"""Methods on cameras, their settings and their streams."""
