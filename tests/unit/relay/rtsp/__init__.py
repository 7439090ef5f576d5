"""Tests of ``camsvc.relay.rtsp``."""
