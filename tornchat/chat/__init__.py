"""The use cases, a verb each: accounts, rooms, messages."""
