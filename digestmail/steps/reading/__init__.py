"""What readers do with papers: feedback, saving, citing."""
