"""camsvc-relay, the embedded media engine: a program of its own.

Of camsvc it imports only ``errors`` and ``system``. It knows MediaMTX's configuration file, control API and
authentication callback, and the protocols that cameras and viewers speak. It must not know cameras, users, recordings
as camsvc lists them, or camsvc's own configuration.
"""
