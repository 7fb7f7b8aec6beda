"""Files of papers: exports of reference managers and publishers, tables, listings."""
