"""Cameras as devices of Home Assistant, by its MQTT discovery and the owner's broker."""
