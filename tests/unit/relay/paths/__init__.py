"""Tests of ``camsvc.relay.paths``."""
