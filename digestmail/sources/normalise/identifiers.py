"""Identifiers of works: arXiv ids, DOIs, PubMed ids and the keys made of them, in one spelling.

arXiv's identifiers are described at https://info.arxiv.org/help/arxiv_identifier.html, DOIs in
ISO 26324.
"""

import re
from urllib.parse import unquote

from digestmail.errors import InputError
from digestmail.i18n import N_, Translatable
from digestmail.sources.normalise.placeholders import is_placeholder
from digestmail.text import one_line

_OLD_ARCHIVES = (
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas"
    " cond-mat cs dg-ga funct-an gr-qc hep-ex hep-lat hep-ph hep-th math-ph math mtrl-th nlin"
    " nucl-ex nucl-th patt-sol physics plasm-ph q-alg q-bio quant-ph solv-int supr-con"
).replace(" ", "|")
_ARXIV = re.compile(
    r"(?:arxiv:\s?|oai:arxiv\.org:|(?:https?://)?(?:[\w-]+\.)?arxiv\.org/(?:abs|pdf|html)/"
    r"|(?:doi:\s?|(?:https?://)?(?:dx\.|www\.)?doi\.org/)?10\.48550/arxiv\.)?"
    r"(?:([0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})"
    rf"|({_OLD_ARCHIVES})(?:\.[a-z-]{{2,12}})?/([0-9]{{7}}))"
    r"(?:v([0-9]{1,3}))?(?:\.pdf)?/?(?:[?#]\S*)?",
    re.IGNORECASE | re.ASCII,
)
_FIRST_YEAR = "91"  # of arXiv
_KEY_LIMIT = 300  # characters
_DOI = re.compile(r"10\.[1-9][0-9]{3,8}(?:\.[0-9]+)*/\S{1,250}", re.ASCII)  # 10.0000 is nobody's
_DOI_PREFIX = re.compile(
    r"(?:urn:|info:)?doi(?:\.org)?[:/\s]\s?(?=10\.|https?:)", re.IGNORECASE | re.ASCII
)
_DOI_URL = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/", re.IGNORECASE | re.ASCII)
# A DOI may hold commas and semicolons itself: 10.1002/(SICI)...3.0.CO;2-2.
_BETWEEN_DOIS = re.compile(r"\s+|[,;|](?=10\.|doi|https?:)", re.IGNORECASE)
_PUBMED_ID = re.compile(
    r"(?:(?:pmid|pubmed)[:\s]\s?|https?://(?:(?:www\.)?pubmed\.ncbi\.nlm\.nih\.gov"
    r"|www\.ncbi\.nlm\.nih\.gov/pubmed)/)?([1-9][0-9]{0,8})/?(?:[?#]\S*)?",
    re.IGNORECASE | re.ASCII,
)
_CANONICAL = re.compile(r"(?!(?:arxiv|doi):)[a-z0-9][\w.-]*:(?!//)\S+", re.IGNORECASE | re.ASCII)


def arxiv_id(text: str) -> tuple[str, int] | None:
    """Return the arXiv identifier in ``text`` and its version (1 by default); None for other text.

    Understands bare, ``arXiv:`` and ``oai:arXiv.org:`` identifiers, abs, pdf and html addresses
    and arXiv's DOIs. Old identifiers lose their subject class, as arXiv's own pages have them:
    ``math.GT/0309136`` and ``math/0309136`` are one paper.
    """
    match = _ARXIV.fullmatch(one_line(text))
    if not match:
        return None
    new, archive, number, version = match.groups()
    return new or f"{archive.lower()}/{number}", max(1, int(version or 1))


def arxiv_order(key: str) -> tuple[int, int, int]:
    """Return year, month and number of an arXiv key, which sort as they were assigned.

    Ids of the old style (``math/0309136``) end with the month of 2007 in which ``0704.0001``
    began the new one, whose numbers have had five digits since 2015.
    """
    identifier = arxiv_id(key)
    if not identifier:
        raise ValueError(f"{key!r} is not an arXiv key")
    digits = identifier[0].rpartition("/")[2].replace(".", "")
    century = 1900 if "/" in identifier[0] and digits >= _FIRST_YEAR else 2000
    return century + int(digits[:2]), int(digits[2:4]), int(digits[4:])


def doi(text: str) -> str:
    """Return the DOI in ``text``, in lower case and without prefix or resolver; else empty."""
    text = one_line(text)
    if prefix := _DOI_PREFIX.match(text):
        text = text[prefix.end() :]
    if address := _DOI_URL.match(text):
        text = unquote(re.split(r"[?#]", text[address.end() :], maxsplit=1)[0])
    text = one_line(text).rstrip(".,;").lower()
    is_doi = _DOI.fullmatch(text) and not is_placeholder(text.partition("/")[2])
    return text if is_doi else ""


def dois(text: str) -> tuple[str, ...]:
    """Return the DOIs that one field lists, each once, in order."""
    names = map(doi, _BETWEEN_DOIS.split(one_line(text)))
    return tuple(dict.fromkeys(filter(None, names)))


def pubmed_key(value: object) -> str:
    """Return ``pmid:<number>`` of a PubMed id or address, else an empty string."""
    match = _PUBMED_ID.fullmatch(str(value).strip()) if isinstance(value, str | int) else None
    return f"pmid:{match[1]}" if match else ""


def canonical_key(raw_id: str, *, work_doi: str = "", source: str) -> str:
    """Return the key of a work: ``arxiv:<id>``, else ``doi:<doi>``, else ``<source>:<raw id>``.

    A raw id with a prefix of its own (``pmid:40000001``, ``sample:x-01``) stays as it is.
    """
    if identifier := arxiv_id(raw_id) or arxiv_id(work_doi):
        return f"arxiv:{identifier[0]}"
    if name := doi(work_doi) or doi(raw_id):
        return f"doi:{name}"
    raw_id = one_line(raw_id)
    if not raw_id.isdecimal() and (pmid := pubmed_key(raw_id)):
        return pmid
    return raw_id if _CANONICAL.fullmatch(raw_id) else f"{source}:{raw_id}"


def is_own_key(text: str) -> bool:
    """Return whether ``text`` is a key that a service gave: its prefix, a colon, an identifier."""
    is_key = len(text) <= _KEY_LIMIT and _CANONICAL.fullmatch(text)
    return bool(is_key) and not is_placeholder(text.partition(":")[2])


def key_from_reference(text: str) -> str:
    """Return the key of a paper named by arXiv id, DOI, address or key; or raise InputError."""
    text = one_line(text)
    if identifier := arxiv_id(text):
        return f"arxiv:{identifier[0]}"
    if name := doi(text):
        return f"doi:{name}"
    if is_own_key(text):
        return pubmed_key(text) or text
    message = N_(
        "“%(text)s” is not a paper we recognise. Enter an arXiv id or address (2508.13426), "
        "or a DOI (10.…)"
    )
    raise InputError("seed_papers", Translatable(message, text=text[:80]))
