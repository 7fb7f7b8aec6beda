"""RSS and Atom feeds of journals, conferences and blogs."""
