"""What the endpoints share: request context, forms, limits, middleware."""
