"""Papers made of records: JSON objects and table rows from files and services."""

import hashlib
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from urllib.parse import quote, urlsplit

from digestmail.domain import BadRecord, Paper
from digestmail.sources.normalise.authors import author_name, split_authors
from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.dates import utc
from digestmail.sources.normalise.identifiers import arxiv_id, canonical_key, dois, pubmed_key
from digestmail.sources.normalise.placeholders import is_placeholder
from digestmail.text import excerpt, one_line, words

TITLE_LIMIT = 1_000
ABSTRACT_LIMIT = 20_000
_ID_LIMIT = 300
_URL_LIMIT = 2_000
_SUMMARY_LIMIT = 600  # characters: what services bring is about 200
_NAME_LIMIT = 60  # characters of the name of who wrote a summary
# A class of ACM (I.2.7) or MSC (68T07, 60-08), alone or first of several.
_SUBJECT_CLASS = re.compile(
    r"(?i:ACM|MSC|primary|secondary)\b|[A-K]\.[0-9m]\b|[0-9]{2}(?:[A-Z][0-9x]{2}|-[0-9X]{2})\b",
    re.ASCII,
)
_IN_BRACKETS = re.compile(r"\[([^\[\]]*\s[^\[\]]*)\]\.?")
# Not that of an ellipsis or an abbreviation: "et al.", "in the U.S.", "Inc."
_FULL_STOP = re.compile(r"(?<![.\s])(?<!\.\w)(?<!\b[A-Z])(?<!\bal)(?<!\betc)(?<!\b(?:Inc|Ltd))\.$")
_NAMING_FIELDS = ("id", "arxiv_id", "doi", "url", "pmid")
_COMPARED_TITLE = 500  # characters, enough to distinguish titles
_MARKUP_ALLOWANCE = 5  # raw text is cut at this many times its limit before it is cleaned

Record = Mapping[str, object]
LocatedRecord = tuple[str, Record | str]  # its place; the record, or its problem


class RecordError(ValueError):
    """The record cannot be made a Paper; the message is the problem of a BadRecord."""


def paper_from_record(record: Mapping[str, object], *, source: str) -> Paper:
    """Return the Paper of one record; RecordError where its title or identifier is unusable.

    Fields: ``id`` (or ``arxiv_id``, ``doi``, ``pmid``), ``title``, ``abstract`` or ``summary``,
    ``authors`` and ``categories`` (lists or strings), ``url``, ``published``, ``updated``,
    ``version``, ``tldr`` (a summary of one or two sentences; ``tldr_source`` names who wrote it),
    ``pdf_url``, ``code_url``, ``project_url``. Other missing or unreadable fields stay empty.
    A placeholder ("N/A", "-") is no identifier. A record without identifier is known by its title
    and first author.
    """
    title = _title(record.get("title"))
    if not title:
        raise RecordError("it has no title")
    authors = _authors(record.get("authors"))
    names = _identifiers(record)
    work_dois = tuple(name for text in names for name in dois(text) if not arxiv_id(name))
    work_doi = next(iter(work_dois), "")
    key = _key(names, work_doi, source) or _derived_key(title, authors, source)
    summary = _summary(record.get("tldr"))
    aliases = dict.fromkeys([*(f"doi:{name}" for name in work_dois[1:]), *_pubmed_keys(names)])
    return Paper(
        key=key,
        title=title,
        abstract=_text(record.get("abstract") or record.get("summary"), ABSTRACT_LIMIT),
        authors=authors,
        categories=_categories(record.get("categories")),
        url=_url(key, record.get("url"), work_doi),
        doi=work_doi,
        aliases=tuple(name for name in aliases if name not in (key, f"doi:{work_doi}")),
        summary=summary,
        summary_source=_text(record.get("tldr_source"), _NAME_LIMIT) or source if summary else "",
        pdf_url=_pdf_url(key, record.get("pdf_url")),
        code_url=_web_address(record.get("code_url")),
        project_url=_web_address(record.get("project_url")),
        version=_version(record.get("version"), names),
        published_at=utc(record.get("published")),
        updated_at=utc(record.get("updated")),
        source=source,
    )


def _title(value: object) -> str:
    """Return the title without the full stop that PubMed and others put after it.

    PubMed puts titles that it translated in brackets.
    """
    title = _text(value, TITLE_LIMIT)
    if translated := _IN_BRACKETS.fullmatch(title):
        title = translated[1]
    return title[:-1] if _FULL_STOP.search(title) else title


def _text(value: object, limit: int) -> str:
    if not isinstance(value, str):
        return ""
    return clean(value[: limit * _MARKUP_ALLOWANCE])[:limit].rstrip()


def _summary(value: object) -> str:
    """Return a summary cut at the end of a sentence; a placeholder is none."""
    text = _text(value, _MARKUP_ALLOWANCE * _SUMMARY_LIMIT)
    return "" if is_placeholder(text) else excerpt(text, _SUMMARY_LIMIT)


# --- identity --------------------------------------------------------------------------------


def _identifiers(record: Mapping[str, object]) -> list[str]:
    """Return the identifiers of the record, the most reliable first.

    Only ``id`` may be an identifier of the source itself; the other fields count where they hold
    an arXiv id, a DOI or a PubMed id.
    """
    own_id = _identifier(record.get("id"))
    texts = {name: _identifier(record.get(name)) for name in ("arxiv_id", "doi", "url")}
    public = {name: text for name, text in texts.items() if _is_public(text)}
    pmid = pubmed_key(_identifier(record.get("pmid")))
    names = (public.get("arxiv_id"), own_id, public.get("doi"), public.get("url"), pmid)
    return [name for name in names if name]


def _identifier(value: object) -> str:
    if isinstance(value, float) and not math.isnan(value):  # pandas writes NaN for nothing
        raise RecordError("its id is a decimal number and may have lost trailing zeros: quote it")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = one_line(value) if isinstance(value, str) else ""
    return "" if is_placeholder(text) else text


def _pubmed_keys(names: Iterable[str]) -> Iterator[str]:
    return (key for name in names if not name.isdecimal() and (key := pubmed_key(name)))


def _key(identifiers: list[str], work_doi: str, source: str) -> str:
    if not identifiers:
        return ""
    best = next(filter(arxiv_id, identifiers), identifiers[0])
    if len(best) > _ID_LIMIT:
        raise RecordError(f"its id is longer than {_ID_LIMIT} characters")
    return canonical_key(best, work_doi=work_doi, source=source)


def _derived_key(title: str, authors: tuple[str, ...], source: str) -> str:
    normal = " ".join(word.plain for word in words(title)) or title
    surname = " ".join(word.plain for word in words(authors[0])[-1:]) if authors else ""
    digest = hashlib.sha1(f"{normal}\n{surname}".encode(), usedforsecurity=False).hexdigest()
    return f"{source}:{digest[:12]}"


def _version(value: object, identifiers: list[str]) -> int:
    versions = [number[1] for number in map(arxiv_id, identifiers) if number]
    digits = str(value).lower().removeprefix("v") if isinstance(value, str | int) else ""
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 4
    return max([1, int(digits) if is_number else 1, *versions])


def names_with_title(record: object) -> Iterator[tuple[str, str]]:
    """Yield the identifiers of a record, each with its title: see ``shared_names``."""
    if isinstance(record, Mapping) and isinstance(title := record.get("title"), str):
        names = ((field, str(record.get(field) or "").strip()) for field in _NAMING_FIELDS)
        for field, name in names:
            if name and (field != "url" or _is_public(name)):
                yield name, title[:_COMPARED_TITLE]


def without_shared_names(record: Mapping[str, object], shared: Collection[str]) -> Record:
    """Return the record without the identifiers that others of its document have too."""
    names = (field for field in _NAMING_FIELDS if str(record.get(field, "")).strip() in shared)
    return {**record, **dict.fromkeys(names)} if shared else record


def shared_names(pairs: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the names that records of different titles share, and so identify none of them.

    ``pairs`` are a name and the title of the record that has it. A DOI or arXiv id may have
    two forms of one title: it is shared where less than half of the words agree.
    """
    titles: dict[str, str] = {}
    shared: set[str] = set()
    for name, title in pairs:
        before = titles.setdefault(name, title)
        if title != before and not _is_one_title(title, before, may_vary=_is_public(name)):
            shared.add(name)
    return frozenset(shared)


def _is_public(name: str) -> bool:
    return bool(arxiv_id(name) or dois(name))


def _is_one_title(first: str, second: str, *, may_vary: bool) -> bool:
    a, b = ([word.plain for word in words(title)] for title in (first, second))
    are_similar = 2 * len(set(a) & set(b)) >= min(len(a), len(b))
    return a == b or (may_vary and are_similar)


# --- fields ----------------------------------------------------------------------------------


def _authors(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return split_authors(value)
    names = (item.get("name") if isinstance(item, Mapping) else item for item in _items(value))
    return tuple(filter(None, (author_name(name) for name in names if isinstance(name, str))))


def _categories(value: object) -> tuple[str, ...]:
    """Return the categories, without classes of ACM and MSC ("I.2.7; I.2.6", "68T07")."""
    if isinstance(value, str):
        value = one_line(value).replace(";", " ").replace(",", " ").split()
    names = (one_line(item) for item in _items(value) if isinstance(item, str))
    return tuple(dict.fromkeys(name for name in names if name and not _SUBJECT_CLASS.match(name)))


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()


def _url(key: str, page: object, work_doi: str) -> str:
    """Return the address of the abstract: arXiv's, else that of ``page``, else the DOI's."""
    if identifier := arxiv_id(key):
        return f"https://arxiv.org/abs/{identifier[0]}"
    if address := _web_address(page):
        return address
    return f"https://doi.org/{quote(work_doi, safe='/():;.,-_~')}" if work_doi else ""


def _pdf_url(key: str, address: object) -> str:
    """Return the address of the PDF: arXiv's, else that of the record."""
    if identifier := arxiv_id(key):
        return f"https://arxiv.org/pdf/{identifier[0]}"
    return _web_address(address)


def _web_address(value: object) -> str:
    """Return an address that a reader may be sent to; empty where the value is none."""
    url = one_line(value) if isinstance(value, str) else ""
    return url if _is_web_address(url) else ""


def _is_web_address(url: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    plain = len(url) <= _URL_LIMIT and not any(c in url for c in ' "<>\\`')
    named = bool(address.hostname) and "@" not in address.netloc
    return plain and named and address.scheme in ("http", "https")


# --- results ---------------------------------------------------------------------------------


def unique_papers(results: Iterable[Paper | BadRecord]) -> Iterator[Paper | BadRecord]:
    """Yield ``results``, of the papers with one key only the first."""
    seen: set[str] = set()
    for result in results:
        if isinstance(result, BadRecord):
            yield result
        elif result.key not in seen:
            seen.add(result.key)
            yield result
