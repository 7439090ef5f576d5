"""Tests of ``camsvc.relay.recording``."""
