"""Joining, changing and leaving; lists of subscribers; what a reader brings along."""
