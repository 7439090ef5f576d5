"""Clients that ask for too much: how much work they get of us, all together and each; knows no protocol."""
