"""Tests of ``camsvc.recording``."""
