"""HTTP for sources: a polite client, and the guard against requests into our own network."""
