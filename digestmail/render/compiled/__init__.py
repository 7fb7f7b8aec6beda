"""The template compiler: mails whose unvarying text is rendered and encoded once."""
