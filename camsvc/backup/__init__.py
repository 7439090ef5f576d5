"""Backups: what cannot be made again, as a tar that an older or newer camsvc restores; without the daemon."""
