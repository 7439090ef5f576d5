"""Streams and what is in them: RTP, RTCP, SDP, codecs, timelines, MP4.

Knows bytes and times; must not know sockets, paths, clients or files.
"""
