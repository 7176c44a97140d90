"""The accounting API's language: bodies, dates, filters, answers and messages."""
