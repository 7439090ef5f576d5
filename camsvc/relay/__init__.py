"""camsvc-relay, the embedded media engine: a program of its own."""
