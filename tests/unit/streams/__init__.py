"""Tests of ``camsvc.streams``."""
