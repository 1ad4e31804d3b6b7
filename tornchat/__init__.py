"""Tornchat: a self-hosted instant messenger for the browser, built on Comet."""

__version__ = "0.1.0"
