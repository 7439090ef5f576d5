"""The media engine, MediaMTX or the relay: found, run, watched, adopted, spoken to; knows paths, and no camera."""
