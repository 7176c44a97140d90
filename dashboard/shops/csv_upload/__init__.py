"""Orders from a CSV file: the same as our own JSON, written by a spreadsheet."""
