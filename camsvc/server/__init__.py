"""Sockets and HTTP: the only modules that know them."""
