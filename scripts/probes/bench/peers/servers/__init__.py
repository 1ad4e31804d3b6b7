"""Servers of peers, each a program of its own."""
