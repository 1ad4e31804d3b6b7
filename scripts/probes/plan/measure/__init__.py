"""Costs that the benchmark does not show: of Redis, of hearing, of polls, of sockets."""
