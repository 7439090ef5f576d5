"""RTSP over TCP: framing, connections and their limits, admission, sessions, readers.

Knows paths and streams; must not know HTTP, WebRTC, codecs or files.
"""
