r"""LaTeX as titles and abstracts hold it, as plain Unicode text.

One pass over the source, in time that grows with its length alone: what feeds hold is broken as
often as not, and what strangers send may be hostile. No macro is defined, no file is read, and
what is unknown leaves its letters.
"""

import re
from functools import lru_cache

from digestmail.text.formulas import mark_formulas
from digestmail.text.latex_reader import LatexReader
from digestmail.text.typography import with_typography

_HINT = re.compile(r"[\\$~`{}]|--|''|[A-Za-z0-9)\]][_^][\w{(+*-]")
_PRIVATE = re.compile("[\ue000-\ue00f]")
_QUOTED = re.compile(r"(?<!\w)\\(?P<mark>[\"'])(?P<text>[^\"'\\{}]{1,200})\\(?P=mark)(?![\w{\\])")
_VERBATIM = re.compile(r"\\verb\*?(?P<mark>[|!+/])(?P<text>[^\n]{0,200}?)(?P=mark)")
# In a text without macros: braces that keep capitals, or a comma from being one of a list.
_PROTECTIVE = re.compile(r"(?<![\^_])\{([\w.-][\w .-]{0,80}|,)\}")
_SPECIAL = re.compile(r"[_{}$&%#]")
_SPACES = re.compile(r"\s+")
_REMEMBERED = 6_000  # characters of a text that is worth remembering: nearly every abstract


def readable(text: str) -> str:
    """Return ``text`` with its LaTeX as Unicode; where nothing would be left, as it is."""
    if not _HINT.search(text):
        return text
    return _remembered(text) if len(text) <= _REMEMBERED else _readable(text)


def _readable(text: str) -> str:
    source = _PRIVATE.sub("", text)
    if "\\" in source:
        source = _VERBATIM.sub(_escaped, _QUOTED.sub(r"“\g<text>”", source))
    else:
        source = _unprotected(source)
    reader = LatexReader(mark_formulas(source), is_source="\\" in source)
    result = _SPACES.sub(" ", with_typography(reader.read()))
    return result if result.strip() else text


def _unprotected(source: str) -> str:
    if "{" in source and "}" in source:
        return _PROTECTIVE.sub(r"\g<1>", source)
    return source.replace("{", "").replace("}", "")  # one whose other was lost


_remembered = lru_cache(maxsize=8192)(_readable)


def _escaped(verbatim: re.Match[str]) -> str:
    return _SPECIAL.sub(r"\\\g<0>", verbatim["text"])
