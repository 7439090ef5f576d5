"""Tests of ``camsvc.server``."""
