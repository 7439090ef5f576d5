"""Tests of ``camsvc.outward.mqtt``; those with a broker are in ``tests/functional/outward``."""
