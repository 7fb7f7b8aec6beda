"""Features of papers and texts: terms, topics, meaning, categories and keyword matches."""
