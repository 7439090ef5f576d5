"""Tests of ``camsvc.api.methods.cameras``."""
