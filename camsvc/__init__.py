"""camsvc: the camera service for Linux boxes that people plug USB cameras into."""

__version__ = "0.1.0"
