"""What can be set at a camera itself (V4L2 controls): asked, set in the right order, kept, and followed."""

PROCESS_NAME = "camsvc-controls"
"""Of the process that holds a camera's node (proc(5), comm: 15 characters); it keeps nobody else from the camera."""
