"""Whether a paper's author is one that a profile follows."""

from functools import lru_cache

from digestmail.text import words


@lru_cache(maxsize=65536)
def name_parts(name: str) -> tuple[str, tuple[str, ...]]:
    """(surname, given names) of a name as people and papers write it, lower case, no accents.

    Understands "Jane Q. Doe", "Doe, Jane Q." and "J. Q. Doe"; the last word is the surname, and
    what stands before it ("van der") counts with the given names.
    """
    surname, _, given = name.partition(",")
    family, rest = _parts(surname), _parts(given)
    if not family or ("," in name and not rest):
        return (family[-1] if family else "", ())
    return family[-1], (*rest, *family[:-1])


def _parts(text: str) -> list[str]:
    return [word.plain for word in words(text)]


def same_person(followed: str, written: str) -> bool:
    """Whether two spellings can be one person: same surname, agreeing given names.

    An initial agrees with any name that begins with it; a surname alone agrees with nobody, as
    it would follow thousands.
    """
    family, given = name_parts(followed)
    other_family, other_given = name_parts(written)
    if not family or not given or not other_given or family != other_family:
        return False
    return all(_agree(a, b) for a, b in zip(given, other_given, strict=False))


def _agree(a: str, b: str) -> bool:
    if len(a) == 1 or len(b) == 1:
        return a[0] == b[0]
    return a == b
