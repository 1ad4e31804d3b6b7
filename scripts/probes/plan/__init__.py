"""The capacity model: how many workers, nodes and Redis shards a load needs, past this machine."""
