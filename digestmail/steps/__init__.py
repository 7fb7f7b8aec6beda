"""The steps: idempotent functions over the store that every shell calls."""
