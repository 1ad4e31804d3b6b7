"""What a run needs, started on loopback and ended with it: servers, Redis, PostgreSQL, lines."""
