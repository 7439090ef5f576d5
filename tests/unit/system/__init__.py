"""Tests of ``camsvc.system``."""
