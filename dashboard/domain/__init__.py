"""The words of the trade as values: orders, postings, rules, statuses. Pure."""
