"""What can be set at a camera itself (V4L2 controls): asked, set in the right order, kept, and followed."""
