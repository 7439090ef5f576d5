"""Tests of ``camsvc.library.containers``."""
