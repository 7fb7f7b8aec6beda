"""A self-hosted, personalised daily email digest of scientific papers."""

__version__ = "0.1.0"
