"""Tests of the project as a whole: its documentation, and how it is packaged."""
