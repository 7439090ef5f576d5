"""Tests of what stands beside the code: documentation, reference, packaging, installation."""
