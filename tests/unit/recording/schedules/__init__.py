"""Unit tests of camsvc.recording.schedules."""
