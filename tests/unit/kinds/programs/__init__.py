"""Tests of ``camsvc.kinds.programs``."""
