"""From POST to paint: what a person waits for, in a real Chromium."""
