"""Records of sources put into one form: identifiers, names, dates, texts, whole papers."""
