"""Who may, tried on a running camsvc."""
