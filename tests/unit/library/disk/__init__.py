"""Unit tests of camsvc.library.disk."""
