"""Tests of ``camsvc.config``."""
