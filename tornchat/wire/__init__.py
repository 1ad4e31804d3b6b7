"""Pure codecs: msgpack for Redis, JSON and SSE for browsers."""
