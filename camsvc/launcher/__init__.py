"""camsvc-publish, the program that a camera's path runs: a process of its own, quick to start."""
