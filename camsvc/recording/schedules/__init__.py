"""Recordings that nobody has to start: by a weekly schedule, or continuously."""
