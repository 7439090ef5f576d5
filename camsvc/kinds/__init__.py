"""Kinds of camera, one module each: table of the configuration, discovery, pipeline, diagnosis. Values: no I/O."""
