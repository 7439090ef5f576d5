"""Tests of ``camsvc.limits``."""
