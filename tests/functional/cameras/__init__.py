"""Cameras that come, go and differ, tried on a running camsvc."""
