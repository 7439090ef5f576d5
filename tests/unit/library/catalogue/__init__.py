"""Tests of ``camsvc.library.catalogue``."""
