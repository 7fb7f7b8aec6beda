"""Whether a paper's author is one that a profile follows."""

import re
from functools import lru_cache

from digestmail.text import words

# Words of a surname that stand before its last word, and what follows it.
_PARTICLES = frozenset(
    "al bin da de del della den der di do dos du el ibn la le ten ter van von zu zur".split()  # noqa: SIM905
)
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv"))
_APOSTROPHES = str.maketrans("", "", "'’ʼ")
_INITIALS = re.compile(r"(?:\w\.-?)+", re.UNICODE)


@lru_cache(maxsize=65536)
def name_parts(name: str) -> tuple[str, tuple[str, ...]]:
    """(surname, given names) of a name as people and papers write it, lower case, no accents.

    Understands "Jane Q. Doe", "Doe, Jane Q.", "J. Q. Doe" and "Doe J. Q."; the last word is the
    surname. What stands before it counts with the given names, but for particles ("van der"), which
    papers leave out or move.
    """
    name = _initials_last(name.translate(_APOSTROPHES))
    surname, _, given = name.partition(",")
    family, rest = _parts(surname), _parts(given)
    if not family or ("," in name and not rest):
        return (family[-1] if family else "", ())
    named = (*rest, *family[:-1])
    while len(named) > 1 and named[-1] in _PARTICLES:
        named = named[:-1]
    return family[-1], named


def _initials_last(name: str) -> str:
    """A name that ends in initials ("Doe J. Q."), with the comma that says so."""
    words = name.split()
    given = len(words)
    while given > 1 and _INITIALS.fullmatch(words[given - 1]):
        given -= 1
    if given == len(words) or "," in name:
        return name
    return f"{' '.join(words[:given])}, {' '.join(words[given:])}"


def _parts(text: str) -> list[str]:
    found = [word.plain for word in words(text)]
    while len(found) > 1 and found[-1] in _SUFFIXES:
        found.pop()
    return found


def same_person(followed: str, written: str) -> bool:
    """Whether two spellings can be one person: same surname, agreeing given names.

    An initial agrees with any name that begins with it; a surname alone agrees with nobody, as
    it would follow thousands.
    """
    family, given = name_parts(followed)
    other_family, other_given = name_parts(written)
    if not family or not given or not other_given or family != other_family:
        return False
    agree = all(_agree(a, b) for a, b in zip(given, other_given, strict=False))
    return agree or "".join(given) == "".join(other_given)  # Li-Wei, Liwei


def _agree(a: str, b: str) -> bool:
    if len(a) == 1 or len(b) == 1:
        return a[0] == b[0]
    return a == b
