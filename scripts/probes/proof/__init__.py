"""`scripts/lab prove`: nothing lost, whatever dies."""
