"""The way to the relays: connections, SMTP's dialogue, replies and circuit breakers."""
