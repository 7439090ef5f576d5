"""Sockets and HTTP: the only package that knows them."""
