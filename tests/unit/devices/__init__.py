"""Tests of ``camsvc.devices``."""
