"""The operator's language model: its endpoint, what it is asked, and what of its answers counts."""
