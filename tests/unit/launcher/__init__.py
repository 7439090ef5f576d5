"""Tests of ``camsvc.launcher``."""
