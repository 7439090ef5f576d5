"""Tests of ``camsvc.doctor``."""
