"""The hub of one worker: topic -> readers, and the sockets that they write to."""
