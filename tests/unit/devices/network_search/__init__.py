"""Tests of ``camsvc.devices.network_search``."""
