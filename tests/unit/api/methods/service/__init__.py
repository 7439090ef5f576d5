"""Tests of ``camsvc.api.methods.service``."""
