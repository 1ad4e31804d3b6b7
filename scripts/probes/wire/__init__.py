"""What a message costs on the wire, by each transport."""
