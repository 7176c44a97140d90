"""Xero's Accounting API 2.0, and what speaks its dialect."""
