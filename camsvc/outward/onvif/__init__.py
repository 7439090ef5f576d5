"""Cameras for ONVIF viewers: a device of Profile S, with a profile for each camera; off where it is not asked for."""
