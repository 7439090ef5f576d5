"""Tests of ``camsvc.api.methods.accounts``."""
