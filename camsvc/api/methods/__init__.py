"""The methods, a topic a module; each asks the part that owns the thing."""
