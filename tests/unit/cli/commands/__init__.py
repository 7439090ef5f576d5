"""Tests of ``camsvc.cli.commands``."""
