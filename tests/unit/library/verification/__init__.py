"""Tests of ``camsvc.library.verification``."""
