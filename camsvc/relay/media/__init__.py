"""Streams and what is in them: RTP, SDP, codecs, timelines, MP4; knows no socket."""
