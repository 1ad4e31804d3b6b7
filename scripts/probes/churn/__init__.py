"""Members who come and go."""
