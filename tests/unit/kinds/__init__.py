"""Tests of ``camsvc.kinds``."""
