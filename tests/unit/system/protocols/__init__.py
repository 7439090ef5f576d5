"""Tests of ``camsvc.system.protocols``."""
