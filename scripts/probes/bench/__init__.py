"""The benchmark: what a delivery costs, how long it takes, and whether everything came."""
