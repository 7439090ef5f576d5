"""Methods on recordings, snapshots and the storage that they lie on."""
