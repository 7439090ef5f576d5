"""Tests of ``camsvc.api.methods``."""
