"""Tests of ``camsvc.server.downloads``."""
