"""The engine's control API v3, MediaMTX's and the relay's: calls, by topic; knows no camera."""
