"""The interests of a reader in their OPML file: categories, and searches as keywords."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree.ElementTree import Element

from digestmail.errors import InputError
from digestmail.sources.arxiv.taxonomy import check_category
from digestmail.text import one_line, words

FEED_LIMIT = 2_000
_ARXIV_PATH = re.compile(r"/(?:rss|atom|list)/([A-Za-z.+\-]{2,200})")
_SEARCHES = ("pubmed", "/search", "/query", "alert", "scholar")
_SEARCH_WORDS = re.compile(r"^\s*(?:pubmed\s+)?(?:search|alert|query)\s*[:–-]\s*", re.IGNORECASE)
_SEARCH_END = re.compile(
    r"\s*[-–|:]\s*(?:new results|pubmed|google scholar|arxiv(?:\.org)?)\s*$", re.IGNORECASE
)
_LENGTH_LIMIT = 80  # of a title that can be a keyword
_WORD_LIMIT = 6


@dataclass(frozen=True, slots=True)
class ReaderInterests:
    """Categories and keywords, and a line for each feed that has neither."""

    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def read_opml(root: Element) -> ReaderInterests:
    """Return the interests in an OPML document, from at most ``FEED_LIMIT`` feeds."""
    categories: dict[str, None] = {}
    keywords: dict[str, None] = {}
    problems: list[str] = []
    for number, (title, url) in enumerate(_feeds(root)):
        if number == FEED_LIMIT:
            problems.append(f"only the first {FEED_LIMIT:,} feeds are read")
            break
        codes, word = _categories(url), _keyword(title, url)
        categories |= dict.fromkeys(codes)
        if word and not codes:
            keywords[word] = None
        if not (codes or word):
            name = title or urlsplit(url).hostname or url
            problems.append(f"the feed “{name[:60]}” has no category or search")
    return ReaderInterests(tuple(categories), tuple(keywords), tuple(problems))


def _feeds(root: Element) -> Iterator[tuple[str, str]]:
    for outline in root.iter("outline"):
        url = one_line(outline.get("xmlUrl", ""))
        if url and _is_address(url):
            yield one_line(outline.get("title") or outline.get("text") or "")[:300], url


def _is_address(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _categories(url: str) -> list[str]:
    """Return arXiv's categories, and one-word subjects of bioRxiv and medRxiv."""
    address = urlsplit(url)
    host = address.hostname or ""
    if host.endswith(("biorxiv.org", "medrxiv.org")):
        subjects = parse_qs(address.query).get("subject", [])
        return [s.lower() for s in "+".join(subjects).split("+") if s.isascii() and s.isalpha()]
    if not host.endswith("arxiv.org"):
        return []
    named = _ARXIV_PATH.search(unquote(address.path))
    return list(filter(None, map(_checked, named[1].split("+")))) if named else []


def _checked(category: str) -> str:
    try:
        return check_category(category)
    except InputError:
        return ""


def _keyword(title: str, url: str) -> str:
    """Return the words of a saved search, from its title or its address."""
    if not any(mark in url.lower() for mark in _SEARCHES):
        return ""
    title = _SEARCH_END.sub("", _SEARCH_WORDS.sub("", title)).strip(" \"'“”")
    query = parse_qs(urlsplit(url).query)
    term = next((query[name][0] for name in ("term", "q", "query") if query.get(name)), "")
    for text in (title, one_line(term)):
        if 0 < len(words(text)) <= _WORD_LIMIT and len(text) <= _LENGTH_LIMIT and ":" not in text:
            return text
    return ""
