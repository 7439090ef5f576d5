"""WebRTC to browsers: WHEP, ICE, DTLS, SRTP, and the packets of each viewer."""
