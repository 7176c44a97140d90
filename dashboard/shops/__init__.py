"""Shop connectors: what shops send, checked and read into our own order. Pure."""
