"""What sources write, in one form: identifiers, names, dates, texts and whole records."""
