"""How long a message takes, by each transport."""
