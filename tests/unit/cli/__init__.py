"""Tests of ``camsvc.cli``."""
