"""Tests of ``camsvc.system.floods``."""
