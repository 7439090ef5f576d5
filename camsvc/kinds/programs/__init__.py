"""Programs that read a camera in front of ffmpeg, each a file that is run by itself; the standard library alone."""
