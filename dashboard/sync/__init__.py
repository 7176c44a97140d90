"""The sync engine: takes orders in, plans them and brings them into the books."""
