"""Text of papers and profiles: cleaned, made readable, cut into words, matched.

Pure functions on strings, shared by every level above. Beside the standard library they know only
pylatexenc, because both the model and the mail need the same reading of LaTeX.
"""

from digestmail.text.latex import readable
from digestmail.text.plain import excerpt, one_line
from digestmail.text.words import Phrase, Word, phrase, singular, spans, words

__all__ = [
    "Phrase",
    "Word",
    "excerpt",
    "one_line",
    "phrase",
    "readable",
    "singular",
    "spans",
    "words",
]
