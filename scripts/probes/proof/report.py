PAGE=None
