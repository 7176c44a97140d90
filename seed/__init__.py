"""A demo shop: invented customers, products and orders."""
