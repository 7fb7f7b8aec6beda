"""HTTP for sources: a client, the throttle of its requests, the guard of our own network."""
