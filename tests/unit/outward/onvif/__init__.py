"""Tests of ``camsvc.outward.onvif``; a client of another make asks it in ``tests/functional/outward``."""
