"""What guards the API: tokens, rate limits, idempotency keys, the request log."""
