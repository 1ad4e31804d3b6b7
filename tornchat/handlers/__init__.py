"""Tornado handlers, thin: parse, call one verb, answer."""
