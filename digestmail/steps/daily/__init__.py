"""The day's work: from fetching papers to the last delivery, and its state."""
