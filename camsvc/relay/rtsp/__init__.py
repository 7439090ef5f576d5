"""RTSP over TCP: framing, connections, sessions, readers."""
