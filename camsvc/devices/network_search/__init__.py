"""Cameras on the network, looked for; knows networks, and adds none by itself."""
