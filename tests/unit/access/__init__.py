"""Tests of ``camsvc.access``."""
