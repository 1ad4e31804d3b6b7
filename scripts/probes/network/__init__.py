"""What lies between client and server: delay, jitter, loss, TLS, HTTP/2 and proxies."""
