"""Tests of ``camsvc.api.notifications``."""
