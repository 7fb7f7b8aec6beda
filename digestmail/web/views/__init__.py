"""Values of the domain as the templates show them."""
