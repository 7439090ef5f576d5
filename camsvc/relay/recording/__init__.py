"""Recordings: which files, and how they come to the disk."""
