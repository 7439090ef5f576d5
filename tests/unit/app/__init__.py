"""Tests of ``camsvc.app``."""
