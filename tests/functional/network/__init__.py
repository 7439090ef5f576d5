"""TLS and proxies."""
