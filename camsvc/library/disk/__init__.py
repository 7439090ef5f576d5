"""The file system of the recordings: whether it is the right one, can be written to, and how much room it has."""
