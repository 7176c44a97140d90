"""The accounting rules of the mock: books, documents, totals, statuses. Pure."""
