"""Tests of ``camsvc.engine``."""
