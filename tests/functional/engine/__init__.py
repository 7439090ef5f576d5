"""The engine conformance suite: what camsvc relies on, of each engine that is there."""
