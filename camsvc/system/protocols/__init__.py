"""What camsvc and its engine speak to other programs: RTSP as a client, bodies of HTTP answers, Go's durations."""
