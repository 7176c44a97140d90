"""Connectors to accounting packages, each in a folder behind one small protocol."""
