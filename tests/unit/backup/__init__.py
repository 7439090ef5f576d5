"""Tests of ``camsvc.backup``."""
