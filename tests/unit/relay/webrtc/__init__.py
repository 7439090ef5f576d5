"""Tests of ``camsvc.relay.webrtc``."""
