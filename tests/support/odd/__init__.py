"""Cameras on the network as odd as people have reported them: what each does, and the program that plays it."""
