"""The tables of the database, and how those of an earlier camsvc become them; SQL alone."""
