"""Cameras, ffmpeg and viewers of another make."""
