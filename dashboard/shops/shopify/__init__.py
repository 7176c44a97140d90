"""Shopify: webhooks, and orders of its GraphQL Admin API."""
