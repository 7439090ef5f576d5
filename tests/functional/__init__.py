"""Tests with real programs: media engines, ffmpeg, the whole daemon."""
