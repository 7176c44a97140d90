"""WooCommerce: webhooks and orders of its REST API, version 3."""
