"""camsvc-relay, the embedded media engine: a program of its own, which imports only errors and system."""
