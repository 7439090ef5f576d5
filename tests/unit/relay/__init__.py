"""Tests of ``camsvc.relay``."""
