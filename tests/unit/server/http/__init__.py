"""Tests of ``camsvc.server.http``."""
