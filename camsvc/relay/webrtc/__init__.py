"""WebRTC to browsers: WHEP over HTTP, ICE, DTLS-SRTP, and the packets that each viewer is sent.

Knows paths and streams; must not know RTSP sessions, HLS or files.
"""
