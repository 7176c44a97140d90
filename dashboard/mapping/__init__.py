"""From an order to the documents it becomes in the books. Pure."""
