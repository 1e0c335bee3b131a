"""Home: what waits for me, gathered from the capabilities below. Read-only."""
