"""Live video, as browsers and players get it."""
