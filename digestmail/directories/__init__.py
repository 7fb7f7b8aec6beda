"""Author directories: who writes papers, under which ids, and their latest works."""
