"""What moves pictures: the engine, the launcher, streams, recordings, snapshots."""
