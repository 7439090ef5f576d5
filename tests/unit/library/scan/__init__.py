"""Tests of ``camsvc.library.scan``."""
