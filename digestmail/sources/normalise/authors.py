"""Author names out of the strings that sources put them in.

Lists come as "A, B and C", "Last, F., Last, F.", "Last F, Last F" or "Last, First; Last, First",
with degrees, affiliations, footnote marks and "et al." among the names.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.placeholders import is_placeholder

_NAME_LIMIT = 200  # characters of one name
_LIST_LIMIT = 200_000  # characters of one list: some collaborations have 5,000 authors

# --- what stands beside names ----------------------------------------------------------------

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
_NESTING = 5
_BRACKET = re.compile("[()（）<>]")
# Numbers and signs behind a letter or full stop: "Lima1,2", "Lima ^{1}", "Lima*†", "Wang 0001".
_MARKS = re.compile(
    r"(?<=[^\W\d_]|\.)[\s^{]*(?:\d+(?:\s?,\s?\d+)*[\s}]*|[*†‡§¶#‖∥✉⁰¹²³⁴-⁹⁻⁺]+)+(?![\w-])"
)
_SEPARATORS = str.maketrans(
    {"；": ";", "，": ",", "、": ",", "،": ",", "•": ";", "|": ";", "·": ";"}
)
_AND = re.compile(r"\s*[,;]?\s+(?:and|und|et)\s+|\s*,?\s*&\s*")

# --- parts of names --------------------------------------------------------------------------

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_DEGREE = re.compile(
    r"(?:ph\.?\s?d|d\.?\s?phil|m\.?\s?phil|[mb]\.?\s?sc|m\.?p\.?h|m\.?b\.?a|d\.?sc|dr\.?\s?ph|pharm\.?d"
    r"|ed\.?d|psy\.?d|m\.?b\.?b\.?s|d\.?v\.?m|m\.?eng|frcp\w?|facs|facc|dipl\.?-?\s?ing)\.?",
    re.IGNORECASE,
)
_BEHIND_NAME = re.compile(rf"(?i:{_DEGREE.pattern})|MD|M\.D\.|[a-h]")
_DEGREE_OR_INITIALS = re.compile(r"M\.?D|M\.?[AS]|B\.?[AS]|R\.?N|D\.?O|J\.?D\.?")
_HONORIFIC = re.compile(r"(?:(?:prof(?:essor)?|dr|mr|mrs)\.?\s+)+(?=\S+\s\S)", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_a-z]\.?[\s-]?){1,4}")
_SURNAME_INITIALS = re.compile(
    r"(?P<last>(?:(?:[a-z]{1,5}|[A-Z][a-z]{1,3})\s){0,3}[^\W\d_]\S*[^\W\d_A-Z])"
    r"\s(?P<initials>[^\W\d_a-z]{1,3}|(?:[^\W\d_a-z]\.[\s-]?){1,4}|[A-Z]-[A-Z])"
)
_LISTED_PARTICLES = "al da das de del della den der di do dos du el la le st ten ter van von zu"
_PARTICLES = frozenset(_LISTED_PARTICLES.split())
_GROUP = re.compile(r"\b(?:collaboration|consortium|group|team|study|project|network)\b", re.I)
_AFFILIATION = re.compile(
    r"\b(?:universi\w+|instit\w+|departe?ment\w*|dept|laborator\w+|college|hospital|school|cent(?:er|re)"
    r"|faculty|academy|inc|ltd|gmbh)\b",
    re.IGNORECASE,
)
# Journals of Taylor & Francis, SAGE and AAAS put all affiliations behind the names of all authors,
# each after the letter or number that stands for it; SAGE leaves out what separates the names.
_MARKED_AFFILIATION = re.compile(
    r"(?<=[^\W\d_A-Z])(?:\s[a-z]\s?|\s?[0-9]{1,2}\s?)"
    r"(?=(?:(?:Department|Dept|School|Faculty|Division|Institut\w{0,4}|College|Cent(?:er|re))\b"
    r"|Universit|Laborator|Hospital))[^;]*"
)
_NEXT_AFFILIATION = re.compile(r";\s*(?:[a-z]\s?|[0-9]{1,2}\s?)(?=[A-Z])[^;]*")
_RUN_ON = re.compile(r"(?<=[a-z]{2})(?<!\bMac)(?<!\b[A-Z][a-z])(?=[A-Z][a-z.]|[A-Z]\s)")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def author_name(raw: str) -> str:
    """Return one name in reading order: ``Doe, Jane`` becomes ``Jane Doe``."""
    parts = _parts(_plain(raw[: _NAME_LIMIT * 5]))
    if len(parts) == 2:
        return _display(parts[0].inverted(parts[1]))
    return _display(", ".join(part.name for part in parts))


def split_authors(raw: str) -> tuple[str, ...]:
    """Return the names of a list, each in reading order; none for "N/A"."""
    text = _plain(raw[:_LIST_LIMIT])
    listed = [part for part in text.split(";") if _has_letters(part)]
    if len(listed) > 1:
        names = [name for part in listed for each in _AND.split(part) for name in _entry(each)]
    else:
        names = _between_commas(listed[0]) if listed else []
    return _each_name(names)


def split_at_commas(text: str) -> tuple[str, ...]:
    """Return the names between commas, none of them inverted; a suffix stays with its name."""
    return _each_name(part.name for part in _parts(text))


@dataclass(slots=True)
class _Part:
    """What stands between two commas, with the suffix (``Jr.``) that follows it."""

    text: str
    suffix: str = ""

    @property
    def name(self) -> str:
        return f"{self.text} {self.suffix}".strip()

    @property
    def is_surname(self) -> bool:
        """Whether it can only be a surname: one word, beside particles such as "van der"."""
        return not self.is_initials and all(w.lower() in _PARTICLES for w in self.words[:-1])

    @property
    def ends_in_initials(self) -> bool:
        """Whether it ends in initials, as "Falk N" does, or is nothing but initials."""
        return bool(_INITIALS.fullmatch(self.words[-1]))

    @property
    def is_initials(self) -> bool:
        return bool(_INITIALS.fullmatch(self.text)) and (len(self.text) < 4 or "." in self.text)

    @property
    def is_given(self) -> bool:
        """Whether it can only be given names: initials, one word, or a word and initials."""
        more = self.words[1:]
        if _IDEOGRAPH.search(self.text):
            return False
        return self.is_initials or not more or all(map(_INITIALS.fullmatch, more))

    @property
    def words(self) -> list[str]:
        return self.text.split()

    def inverted(self, given_names: "_Part") -> str:
        """Return the name whose surname this is, given names first."""
        return f"{given_names.text} {self.text} {given_names.suffix or self.suffix}".strip()


# --- lists -----------------------------------------------------------------------------------


def _entry(text: str) -> list[str]:
    """Return the name, or names, between two semicolons, where one comma inverts a name."""
    parts = _parts(text)
    is_inverted = len(parts) == 2 or (len(parts) > 2 and parts[0].is_surname and parts[1].is_given)
    if is_inverted and not parts[0].ends_in_initials:
        return [parts[0].inverted(parts[1])]
    return [part.name for part in parts]


def _between_commas(text: str) -> list[str]:
    groups = [_parts(part) for part in _AND.split(text)]
    parts = [part for group in groups for part in group]
    surnames, given_names = parts[::2], parts[1::2]
    pairs = [last.inverted(first) for last, first in zip(surnames, given_names, strict=False)]
    are_paired = len(groups) > 1 and all(len(g) == 2 and g[0].is_surname for g in groups)
    if are_paired or _is_inverted(surnames, given_names):
        return pairs
    # "Lima, Ana, Bo Stone, and Chen Wu": only the first is inverted.
    is_first_inverted = len(parts) > 2 and parts[0].is_surname and parts[1].is_given
    if is_first_inverted and not any(part.is_given for part in parts[2:]):
        return [*pairs[:1], *(part.name for part in parts[2:])]
    return _with_initials(parts)


def _with_initials(parts: Sequence[_Part]) -> list[str]:
    """Return the names of parts, where what is only initials belongs to the surname before."""
    names: list[str] = []
    before: _Part | None = None
    for part in parts:
        if before and part.is_initials and (before.is_surname or "." in part.text):
            names[-1], before = before.inverted(part), None
        else:
            names.append(part.name)
            before = None if part.ends_in_initials else part
    return names


def _is_inverted(surnames: Sequence[_Part], given_names: Sequence[_Part]) -> bool:
    """Return whether parts alternate between surnames and given names."""
    if len(surnames) != len(given_names) or any(last.ends_in_initials for last in surnames):
        return False
    if len(surnames) == 1 and surnames[0].is_surname:
        return not _IDEOGRAPH.search(surnames[0].text)
    are_given = all(first.is_given for first in given_names)
    return are_given and all(
        last.is_surname or not first.text.isupper() or "." in first.text
        for last, first in zip(surnames, given_names, strict=True)
    )


def _parts(text: str) -> list[_Part]:
    """Return what stands between commas, without degrees and affiliations."""
    parts: list[_Part] = []
    for piece in text.split(","):
        piece = piece.strip(" ,;:")
        if parts and _SUFFIX.fullmatch(piece):
            parts[-1].suffix = piece
        elif _has_letters(piece) and not (parts and _is_beside(piece, parts[-1])):
            parts.append(_part(piece))
    return parts


def _part(text: str) -> _Part:
    start, _, last = text.rpartition(" ")
    return _Part(start, last) if start and _SUFFIX.fullmatch(last) else _Part(text)


def _is_beside(piece: str, before: _Part) -> bool:
    """Return whether ``piece`` is no name but a degree, a place or a mark of the one before."""
    is_full = len(before.words) > 1
    if _DEGREE.fullmatch(piece) or (len(piece) == 1 and piece.islower()):
        return True
    return is_full and bool(_DEGREE_OR_INITIALS.fullmatch(piece) or _AFFILIATION.search(piece))


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


# --- one name --------------------------------------------------------------------------------


def _plain(raw: str) -> str:
    """Return a list or name as one line, without lead-in, addresses and footnote marks."""
    text = clean(_FOOTNOTE.sub("", _separated(raw)))
    text = _AND_OTHERS.sub("", _LEAD_IN.sub("", _EMAIL_OF.sub(r"\1", text), count=1))
    for _ in range(_NESTING):
        text = _PARENTHESES.sub("", text)
    text = _BRACKET.sub("", _ADDRESS.sub("", text)).replace(" / ", ";").translate(_SEPARATORS)
    text = _without_marked_affiliations(" ".join(text.split()))  # _AND is slow at many blanks
    return _MARKS.sub("", text) if " " in text.strip() else text


def _without_marked_affiliations(text: str) -> str:
    """Return a list without the affiliations behind it, and its names apart where they ran on."""
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
    if is_list and (commas == {0} or (commas == {1} and not any(map(_begins_in_order, lines)))):
        return "; ".join(lines)
    return _BREAK.sub(" ", raw)


def _begins_in_order(line: str) -> bool:
    return " " in line.partition(",")[0].strip()


def _each_name(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(_display, names))))


def _display(name: str) -> str:
    """Return a name as it is shown; empty for a placeholder."""
    name = _HONORIFIC.sub("", " ".join(name.split()).strip(" ,;:*"))[:_NAME_LIMIT]
    name = " ".join(_without_degrees(name.split()))
    if name.endswith(".") and name[-2:-1].islower() and not _SUFFIX.fullmatch(name.split()[-1]):
        name = name[:-1]  # that of the list
    if is_placeholder(name) or not _has_letters(name):
        return ""
    return _initials_first(name)


def _without_degrees(words: list[str]) -> list[str]:
    """Return the words of a name without degrees, and letters that point to a footnote, behind."""
    while len(words) > 2 and _BEHIND_NAME.fullmatch(words[-1]):
        words = words[:-1]
    return words


def _initials_first(name: str) -> str:
    """Return ``Falk NJ`` as ``N. J. Falk``; other names as they are."""
    match = _SURNAME_INITIALS.fullmatch(name)
    if not match or _SUFFIX.fullmatch(match["initials"]) or _GROUP.search(name):
        return name
    if not all(word.lower() in _PARTICLES for word in match["last"].split()[:-1]):
        return name
    return f"{' '.join(_dotted(match['initials']))} {match['last']}"


def _dotted(initials: str) -> Iterator[str]:
    return (f"{letter}." for letter in initials if letter.isalpha())
