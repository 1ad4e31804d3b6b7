"""Load probes: thousands of streams that move, come back at once, or stop reading."""
