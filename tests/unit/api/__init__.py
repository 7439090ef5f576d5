"""Tests of ``camsvc.api``."""
