"""Tests of ``camsvc.library``."""
