"""Unit tests of camsvc.library.offload."""
