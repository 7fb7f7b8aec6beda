"""Mail: addresses checked, messages built and signed, handed to a relay, its replies read."""
