"""HLS out of memory: HTTP requests, a muxer for each watched path, and its playlists.

Knows paths and media, and what twisted.web gives; must not know RTSP, WebRTC or the disk.
"""
