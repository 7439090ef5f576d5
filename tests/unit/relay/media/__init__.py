"""Tests of ``camsvc.relay.media``."""
