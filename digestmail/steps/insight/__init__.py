"""Views of the papers and of how well they were chosen: trending, previews, backtests."""
