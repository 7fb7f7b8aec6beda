"""Author names, read from the lists that sources write.

Lists come as "A, B and C", "Last, F., Last, F.", "Last F, Last F" or "Last, First; Last, First",
with degrees, affiliations, footnote marks and "et al." among the names.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digestmail.sources.normalise.author_text import plain_names
from digestmail.sources.normalise.placeholders import is_placeholder

_NAME_LIMIT = 200  # characters of one name
_LONGEST_INITIALS = 3  # letters
_LIST_LIMIT = 200_000  # characters of one list: some collaborations have 5,000 authors

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
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def author_name(raw: str) -> str:
    """Return one name in reading order: ``Doe, Jane`` becomes ``Jane Doe``."""
    segments = _segments(plain_names(raw[: _NAME_LIMIT * 5]))
    if len(segments) == 2:
        return _display(segments[0].inverted(segments[1]))
    return _display(", ".join(segment.name for segment in segments))


def joined_name(given: str, family: str) -> str:
    """Return the name made of given and family names, which a service stores apart.

    Names in capitals become ordinary ones ("Wei XU"), unless they are initials ("JP Serra"), which
    get full stops. Chinese, Japanese and Korean names in their own script begin with the family.
    """
    given, family = (" ".join(plain_names(name[:_NAME_LIMIT]).split()) for name in (given, family))
    if _IDEOGRAPH.search(family):
        return f"{family}{given}"
    is_in_capitals = len(family) > 1 and family.isupper()
    if given.isupper() and given.isalpha():
        is_initials = len(given) < (_LONGEST_INITIALS if is_in_capitals else _LONGEST_INITIALS + 1)
        given = " ".join(f"{letter}." for letter in given) if is_initials else given.title()
    return author_name(f"{given} {family.title() if is_in_capitals else family}")


def split_authors(raw: str) -> tuple[str, ...]:
    """Return the names of a list, each in reading order; none for "N/A"."""
    text = plain_names(raw[:_LIST_LIMIT])
    entries = [entry for entry in text.split(";") if _has_letters(entry)]
    if len(entries) > 1:
        persons = (person for entry in entries for person in _AND.split(entry))
        names = [name for person in persons for name in _entry(person)]
    else:
        names = _between_commas(entries[0]) if entries else []
    return _each_name(names)


def split_at_commas(text: str) -> tuple[str, ...]:
    """Return the names between commas, none of them inverted; a suffix stays with its name."""
    return _each_name(segment.name for segment in _segments(text))


@dataclass(slots=True)
class _Segment:
    """The text between two commas, with the suffix (``Jr.``) that follows it."""

    text: str
    suffix: str = ""

    @property
    def name(self) -> str:
        return f"{self.text} {self.suffix}".strip()

    @property
    def is_surname(self) -> bool:
        """Return whether it can only be a surname: one word after particles such as "van der"."""
        return not self.is_initials and all(w.lower() in _PARTICLES for w in self.words[:-1])

    @property
    def ends_in_initials(self) -> bool:
        """Return whether it ends in initials, as "Falk N" does, or is nothing but initials."""
        return bool(_INITIALS.fullmatch(self.words[-1]))

    @property
    def is_initials(self) -> bool:
        return bool(_INITIALS.fullmatch(self.text)) and (len(self.text) < 4 or "." in self.text)

    @property
    def is_given(self) -> bool:
        """Return whether it can only be given names: initials, one word, or a word and initials."""
        further = self.words[1:]
        if _IDEOGRAPH.search(self.text):
            return False
        return self.is_initials or not further or all(map(_INITIALS.fullmatch, further))

    @property
    def words(self) -> list[str]:
        return self.text.split()

    def inverted(self, given_names: "_Segment") -> str:
        """Return the name whose surname this is, given names first."""
        return f"{given_names.text} {self.text} {given_names.suffix or self.suffix}".strip()


# --- lists -----------------------------------------------------------------------------------


def _entry(text: str) -> list[str]:
    """Return the name, or names, between two semicolons, where one comma inverts a name."""
    segments = _segments(text)
    is_inverted = len(segments) == 2 or (
        len(segments) > 2 and segments[0].is_surname and segments[1].is_given
    )
    if is_inverted and not segments[0].ends_in_initials:
        return [segments[0].inverted(segments[1])]
    return [segment.name for segment in segments]


def _between_commas(text: str) -> list[str]:
    groups = [_segments(group) for group in _AND.split(text)]
    segments = [segment for group in groups for segment in group]
    surnames, given_names = segments[::2], segments[1::2]
    pairs = [last.inverted(first) for last, first in zip(surnames, given_names, strict=False)]
    are_paired = len(groups) > 1 and all(len(g) == 2 and g[0].is_surname for g in groups)
    if are_paired or _is_inverted(surnames, given_names):
        return pairs
    # "Lima, Ana, Bo Stone, and Chen Wu": only the first is inverted.
    is_first_inverted = len(segments) > 2 and segments[0].is_surname and segments[1].is_given
    if is_first_inverted and not any(segment.is_given for segment in segments[2:]):
        return [*pairs[:1], *(segment.name for segment in segments[2:])]
    return _with_initials(segments)


def _with_initials(segments: Sequence[_Segment]) -> list[str]:
    """Return the names of segments; one of only initials belongs to the surname before."""
    names: list[str] = []
    before: _Segment | None = None
    for segment in segments:
        if before and segment.is_initials and (before.is_surname or "." in segment.text):
            names[-1], before = before.inverted(segment), None
        else:
            names.append(segment.name)
            before = None if segment.ends_in_initials else segment
    return names


def _is_inverted(surnames: Sequence[_Segment], given_names: Sequence[_Segment]) -> bool:
    """Return whether the segments alternate between surnames and given names."""
    if len(surnames) != len(given_names) or any(last.ends_in_initials for last in surnames):
        return False
    if len(surnames) == 1 and surnames[0].is_surname:
        return not _IDEOGRAPH.search(surnames[0].text)
    are_given = all(first.is_given for first in given_names)
    return are_given and all(
        last.is_surname or not first.text.isupper() or "." in first.text
        for last, first in zip(surnames, given_names, strict=True)
    )


def _segments(text: str) -> list[_Segment]:
    """Return the segments between commas, without degrees and affiliations."""
    segments: list[_Segment] = []
    for piece in text.split(","):
        piece = piece.strip(" ,;:")
        if segments and _SUFFIX.fullmatch(piece):
            segments[-1].suffix = piece
        elif _has_letters(piece) and not (segments and _is_beside(piece, segments[-1])):
            segments.append(_segment(piece))
    return segments


def _segment(text: str) -> _Segment:
    start, _, last = text.rpartition(" ")
    return _Segment(start, last) if start and _SUFFIX.fullmatch(last) else _Segment(text)


def _is_beside(piece: str, before: _Segment) -> bool:
    """Return whether ``piece`` is no name but a degree, a place or a mark of the one before."""
    is_full_name = len(before.words) > 1
    if _DEGREE.fullmatch(piece) or (len(piece) == 1 and piece.islower()):
        return True
    return is_full_name and bool(_DEGREE_OR_INITIALS.fullmatch(piece) or _AFFILIATION.search(piece))


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


# --- one name --------------------------------------------------------------------------------


def _each_name(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(_display, names))))


def _display(name: str) -> str:
    """Return a name as it is displayed; empty for a placeholder."""
    name = _HONORIFIC.sub("", " ".join(name.split()).strip(" ,;:*"))[:_NAME_LIMIT]
    words = name.split()
    while len(words) > 2 and _BEHIND_NAME.fullmatch(words[-1]):  # degrees and footnote letters
        words.pop()
    name = " ".join(words)
    if name.endswith(".") and name[-2:-1].islower() and not _SUFFIX.fullmatch(name.split()[-1]):
        name = name[:-1]  # that of the list
    if is_placeholder(name) or not _has_letters(name):
        return ""
    return _initials_first(name)


def _initials_first(name: str) -> str:
    """Return ``Falk NJ`` as ``N. J. Falk``; other names as they are."""
    match = _SURNAME_INITIALS.fullmatch(name)
    if not match or _SUFFIX.fullmatch(match["initials"]):
        return name
    if _IDEOGRAPH.search(name) or _GROUP.search(name):
        return name
    if not all(word.lower() in _PARTICLES for word in match["last"].split()[:-1]):
        return name
    initials = (f"{letter}." for letter in match["initials"] if letter.isalpha())
    return f"{' '.join(initials)} {match['last']}"
