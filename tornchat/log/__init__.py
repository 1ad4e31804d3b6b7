"""Redis: the log of events, the bus that carries them, and the mirror of who may see them."""
