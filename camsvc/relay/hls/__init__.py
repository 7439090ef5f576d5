"""HLS in memory: the listener, a muxer a path, and its playlists."""
