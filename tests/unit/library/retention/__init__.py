"""Unit tests of camsvc.library.retention."""
