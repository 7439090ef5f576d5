"""Tests of ``camsvc.audit``."""
