"""What all HTTP has in common: connections, requests, TLS, proxies, cookies, headers."""
