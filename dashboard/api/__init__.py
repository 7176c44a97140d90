"""What machines talk to: intake of orders, health, and the JSON API."""
