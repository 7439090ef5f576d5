"""Tests of ``camsvc.api.methods.library``."""
