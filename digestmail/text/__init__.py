"""Text of papers and profiles: cleaned, made readable, cut into words, matched.

Pure functions on strings, shared by every level above. Beside the standard library they know only
pylatexenc, because both the model and the mail need the same reading of LaTeX, and the stemmers
of Snowball.
"""

from digestmail.text.acronyms import Acronyms, acronyms, definitions
from digestmail.text.expressions import (
    Expression,
    KeywordError,
    Mistake,
    Operator,
    expression,
    parsed_expression,
    parsed_keyword,
    without_operators,
)
from digestmail.text.latex import readable
from digestmail.text.matching import Match, PhraseMatcher, places, spans
from digestmail.text.phrases import Phrase, phrase, stems_phrase
from digestmail.text.plain import excerpt, one_line
from digestmail.text.words import Form, Word, forms, singular, stem_of, words

__all__ = [
    "Acronyms",
    "Expression",
    "Form",
    "KeywordError",
    "Match",
    "Mistake",
    "Operator",
    "Phrase",
    "PhraseMatcher",
    "Word",
    "acronyms",
    "definitions",
    "excerpt",
    "expression",
    "forms",
    "one_line",
    "parsed_expression",
    "parsed_keyword",
    "phrase",
    "places",
    "readable",
    "singular",
    "spans",
    "stem_of",
    "stems_phrase",
    "without_operators",
    "words",
]
