"""Tests of ``camsvc.server.routes``."""
