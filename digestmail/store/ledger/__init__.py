"""The delivery ledger: rows of deliveries and attempts, moved by compare-and-swap."""
