"""Services that own threads and live as long as the process: search."""
