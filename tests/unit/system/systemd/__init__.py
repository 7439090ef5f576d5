"""Tests of ``camsvc.system.systemd``."""
