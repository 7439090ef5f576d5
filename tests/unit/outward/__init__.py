"""Tests of ``camsvc.outward``."""
