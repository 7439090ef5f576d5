"""Tests of ``camsvc.recording.copies``."""
