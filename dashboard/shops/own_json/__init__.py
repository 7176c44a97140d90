"""Our own format, for any shop that can send JSON: order.schema.json describes it."""
