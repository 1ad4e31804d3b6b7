"""Other servers that do what a stream of ours does, to be measured beside it: each the way somebody
who knows it would set it up, with Redis in the path."""
