"""Tests of camsvc; run by trial."""
