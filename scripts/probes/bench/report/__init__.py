"""``docs/performance.md``, written from the committed results of the benchmark."""
