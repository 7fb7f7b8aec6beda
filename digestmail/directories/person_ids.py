"""Ids of people, read from whatever people paste: bare, with a prefix, or the address of a page."""

import re

from digestmail.domain import DirectoryName, PersonId
from digestmail.errors import InputError
from digestmail.i18n import N_, Translatable
from digestmail.text import one_line

_QUOTED = 80  # characters of a wrong value that an error repeats
_FIELD = "person"
_DASHES = str.maketrans("‐‑‒–—―−", "-------")
_ORCID = re.compile(
    r"(?:(?:https?://)?(?:www\.|sandbox\.)?orcid\.org/|orcid(?:\s?id)?[:\s]\s?"
    r"|(?:https?://)?arxiv\.org/a/)?"
    r"([0-9]{4}-?[0-9]{4}-?[0-9]{4}-?[0-9]{3}[0-9X])(?:\.html|\.atom2?)?(?:[/?#]\S*)?",
    re.IGNORECASE | re.ASCII,
)
_PATTERNS = {
    DirectoryName.OPENALEX: re.compile(
        r"(?:openalex:\s?|(?:https?://)?(?:api\.|explore\.|www\.)?openalex\.org/(?:authors/|people/)?)?"
        r"(A[1-9][0-9]{3,14})(?:[/?#]\S*)?",
        re.IGNORECASE | re.ASCII,
    ),
    DirectoryName.SEMANTIC_SCHOLAR: re.compile(
        r"(?:s2:\s?|(?:https?://)?(?:www\.|api\.)?semanticscholar\.org/"
        r"(?:graph/v1/)?author/(?:[^/\s]*[^/\s0-9][^/\s]*/)?)?"
        r"([1-9][0-9]{2,11})(?:[/?#]\S*)?",
        re.IGNORECASE,
    ),
    DirectoryName.DBLP: re.compile(
        r"(?:dblp:\s?|(?:https?://)?(?:www\.)?dblp\.(?:org|uni-trier\.de|dagstuhl\.de)/(?:pid/|pers/(?:xx/)?))?"
        r"([0-9]{1,3}/[0-9]{1,5}(?:-[0-9]{1,4})?|[a-z]/[A-Za-z]\w{1,60}(?:-[0-9]{1,4})?)"
        r"(?:\.(?:html|xml|bib|rss))?(?:[?#]\S*)?",
        re.ASCII,
    ),
    DirectoryName.ARXIV: re.compile(
        r"(?:(?:https?://)?(?:www\.|export\.)?arxiv\.org/a/)?"
        r"([a-z][a-z'-]*(?:_[a-z]+)*_[a-z]_[1-9][0-9]{0,3})(?:\.html|\.atom2?|\.json)?(?:[/?#]\S*)?",
        re.IGNORECASE | re.ASCII,
    ),
}
_PAGES = {
    DirectoryName.ORCID: "https://orcid.org/{}",
    DirectoryName.OPENALEX: "https://openalex.org/{}",
    DirectoryName.SEMANTIC_SCHOLAR: "https://www.semanticscholar.org/author/{}",
    DirectoryName.DBLP: "https://dblp.org/pid/{}",
    DirectoryName.ARXIV: "https://arxiv.org/a/{}",
}
_ADDRESS = re.compile(r"https?://|www\.|[\w-]+\.(?:com|org|net|edu|io)(?:/|$)", re.IGNORECASE)


def person_id(text: str) -> PersonId | None:
    """Return the id that ``text`` is, or the address of a page names; None for a name.

    Raises InputError for an ORCID iD with a typing error and for an address of another site. The
    arXiv page of an ORCID iD is that iD.
    """
    text = one_line(text).translate(_DASHES)
    if match := _ORCID.fullmatch(text):
        return PersonId(DirectoryName.ORCID, _checked_orcid(match[1].upper()))
    for directory, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(text):
            return PersonId(directory, _canonical(directory, match[1]))
    if _ADDRESS.match(text):
        message = N_(
            "We can’t read the page “%(text)s”. Try the address of your ORCID, OpenAlex, "
            "Semantic Scholar, DBLP (with /pid/) or arXiv author page."
        )
        raise InputError(_FIELD, Translatable(message, text=text[:_QUOTED]))
    return None


def page_of(person: PersonId) -> str:
    """Return the address of a person's page in the directory of the id."""
    return _PAGES[person.directory].format(person.value)


def orcid(text: object) -> PersonId | None:
    """Return the valid ORCID iD in a value that a directory sent; None for anything else."""
    match = _ORCID.fullmatch(one_line(text)) if isinstance(text, str) else None
    value = _with_hyphens(match[1].upper()) if match else ""
    return PersonId(DirectoryName.ORCID, value) if value and _is_checked(value) else None


def _canonical(directory: DirectoryName, value: str) -> str:
    match directory:
        case DirectoryName.OPENALEX:
            return value.upper()
        case DirectoryName.ARXIV:
            return value.lower()
        case _:
            return value


def _checked_orcid(value: str) -> str:
    value = _with_hyphens(value)
    if not _is_checked(value):
        message = N_("“%(text)s” is not a valid ORCID iD. Please check its digits.")
        raise InputError(_FIELD, Translatable(message, text=value))
    return value


def _with_hyphens(value: str) -> str:
    digits = value.replace("-", "")
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def _is_checked(value: str) -> bool:
    """Return whether the last character of an ORCID iD is right (ISO 7064, MOD 11-2)."""
    total = 0
    for digit in value.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    return value[-1] == "0123456789X"[(12 - total % 11) % 11]
