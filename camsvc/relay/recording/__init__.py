"""Recordings: which files a stream goes into, and how bytes get to the disk without blocking.

Knows streams and path options; must not know clients.
"""
