"""Cameras that the kernel knows (V4L2): udev's events, what nodes are, what they offer; no other kind of camera."""
