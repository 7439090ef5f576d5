"""Methods on the service itself: health, metrics, events, and the methods' own description."""
