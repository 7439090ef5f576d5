"""Tests of ``camsvc.outward.webhooks``."""
