"""Tests of the tools that stand beside the code."""
