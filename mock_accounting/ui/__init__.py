"""The pages of Mock Books: its invoices and what it was sent."""
