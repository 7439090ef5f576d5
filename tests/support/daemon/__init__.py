"""A running camsvc, its clients and what stands before it."""
