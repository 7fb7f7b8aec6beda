"""Why a paper was picked, read off the numbers that picked it."""
