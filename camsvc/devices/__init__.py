"""Which cameras there are and how each is; knows udev, V4L2 and networks, and no engine."""
