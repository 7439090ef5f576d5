"""Tests of ``camsvc.engine.api``."""
