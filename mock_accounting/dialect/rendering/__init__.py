"""Documents as the API shows them; what is not set is left out, never null."""
