"""The daemon as a whole: its main job, its contract, its faults."""
