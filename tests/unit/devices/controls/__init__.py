"""Tests of ``camsvc.devices.v4l2``."""
