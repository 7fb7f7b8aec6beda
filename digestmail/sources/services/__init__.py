"""Services that are queried for papers, each with its own JSON or XML."""
