"""Tests of ``camsvc.system.schema``."""
