"""The JSON API, version 1: orders, runs and figures for other programs."""
