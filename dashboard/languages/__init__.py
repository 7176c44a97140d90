"""The languages people read: catalogues of texts, and sentences put into them."""
