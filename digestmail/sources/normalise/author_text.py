"""The text of an author list, without anything but names.

Removed are addresses, affiliations, footnote marks, lead-ins such as "by" and "et al.".
"""

import re

from digestmail.sources.normalise.clean import clean

_LEAD_IN = re.compile(
    r"\A\s*(?:(?:written\s+)?by:?\s|(?:authors?|author\(s\)|autor(?:en|es)?|creators?)\s*:)\s*",
    re.IGNORECASE,
)
_AND_OTHERS = re.compile(
    r"\bet\.?\s?al\b\.?|(?:\band|&)\s+(?:[0-9]+\s+)?(?:others|more|colleagues)\b|…|\.{3}"
    r"|\bon behalf of\b[^,;]*",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<br\s?/?>|</?(?:p|li|div)>|\n", re.IGNORECASE)
_FOOTNOTE = re.compile(r"<sup\b[^<>]{0,200}>[^<>]{0,100}</sup>", re.IGNORECASE)
_EMAIL_OF = re.compile(r"(?<!\S)[^\s@]{1,64}@[^\s@]{1,250}\s\(([^()@]{2,200})\)")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s,;]+|(?<![^\s,;()<>])[^\s,;()<>@]{1,64}@[^\s,;()<>@]{1,250}"
    r"|(?:\bORCID\b:?\s?(?:iD\b:?)?\s?)?\b[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]\b|\bORCID\b",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"[(（][^()（）]*[)）]|\[[0-9,\s*†‡]{1,20}\]")
_NESTING_LIMIT = 5
_BRACKET = re.compile("[()（）<>]")
# Numbers and signs behind a letter or full stop: "Lima1,2", "Lima ^{1}", "Lima*†", "Wang 0001".
_MARKS = re.compile(
    r"(?<=[^\W\d_]|\.)[\s^{]*(?:\d+(?:\s?,\s?\d+)*[\s}]*|[*†‡§¶#‖∥✉⁰¹²³⁴-⁹⁻⁺]+)+(?![\w-])"
)
_SEPARATORS = str.maketrans(
    {"；": ";", "，": ",", "、": ",", "،": ",", "•": ";", "|": ";", "·": ";"}
)
# Journals of Taylor & Francis, SAGE and AAAS put all affiliations behind the names of all authors,
# each after the letter or number that stands for it; SAGE leaves out the separators of the names.
_MARKED_AFFILIATION = re.compile(
    r"(?<=[^\W\d_A-Z])(?:\s[a-z]\s?|\s?[0-9]{1,2}\s?)"
    r"(?=(?:(?:Department|Dept|School|Faculty|Division|Institut\w{0,4}|College|Cent(?:er|re))\b"
    r"|Universit|Laborator|Hospital))[^;]*"
)
_NEXT_AFFILIATION = re.compile(r";\s*(?:[a-z]\s?|[0-9]{1,2}\s?)(?=[A-Z])[^;]*")
_RUN_ON = re.compile(r"(?<=[a-z]{2})(?<!\bMac)(?<!\b[A-Z][a-z])(?=[A-Z][a-z.]|[A-Z]\s)")


def plain_names(raw: str) -> str:
    """Return a list or name as one line, without lead-in, addresses and footnote marks."""
    text = clean(_FOOTNOTE.sub("", _separated(raw)))
    text = _AND_OTHERS.sub("", _LEAD_IN.sub("", _EMAIL_OF.sub(r"\1", text), count=1))
    for _ in range(_NESTING_LIMIT):
        text = _PARENTHESES.sub("", text)
    text = _BRACKET.sub("", _ADDRESS.sub("", text)).replace(" / ", ";").translate(_SEPARATORS)
    text = " ".join(text.split())  # the patterns for names are slow at many blanks
    text = _without_marked_affiliations(text)
    return _MARKS.sub("", text) if " " in text.strip() else text


def _without_marked_affiliations(text: str) -> str:
    """Return a list without affiliations at its end, with names that ran on separated."""
    names = _MARKED_AFFILIATION.sub("", text)
    if names == text:
        return text
    names = _NEXT_AFFILIATION.sub("", names)
    return names if "," in names or ";" in names else _RUN_ON.sub(";", names)


def _separated(raw: str) -> str:
    """Return a list that has each name on a line of its own with semicolons between them."""
    lines = [line.strip(" \t\r,;") for line in _BREAK.split(_LEAD_IN.sub("", raw, count=1))]
    lines = list(filter(None, lines))
    commas = {line.count(",") for line in lines}
    is_list = len(lines) > 1 and all(" " in line for line in lines)
    are_inverted = commas == {1} and all(
        " " not in line.partition(",")[0].strip() for line in lines
    )
    if is_list and (commas == {0} or are_inverted):
        return "; ".join(lines)
    return _BREAK.sub(" ", raw)
