"""Recordings, snapshots and pictures while they are made; hands what is finished to the library."""
