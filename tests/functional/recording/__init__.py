"""Recordings, snapshots and thumbnails on a running camsvc."""
