"""Other systems, real ones, that camsvc is connected to."""
