"""The index of what is on disk: recordings and snapshots."""
