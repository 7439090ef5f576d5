"""Tests of one module each: no engine, no ffmpeg camera, no daemon."""
