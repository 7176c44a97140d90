"""Shop connectors: what shops send or are asked for, read into our own order."""
