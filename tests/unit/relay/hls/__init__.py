"""Tests of ``camsvc.relay.hls``."""
