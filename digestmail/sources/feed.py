"""Papers from any RSS or Atom feed: journals, conferences, blogs.

What stands in a feed is a stranger's: its size is bounded, document types are refused before the
parser sees them, markup is cleaned and only http(s) links are kept. The feed's own tags ("News",
"Article") are left aside: they are no categories that subscribers choose.
"""

import codecs
import hashlib
import io
import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.parsers.expat import ExpatError, ParserCreate

import feedparser  # type: ignore[import-untyped]

from digestmail.domain import BadRecord, Paper, SourceMemory
from digestmail.errors import SourceError
from digestmail.sources.authors import split_authors
from digestmail.sources.guard import PrivateAddressError
from digestmail.sources.http import WebClient
from digestmail.sources.keys import arxiv_id
from digestmail.sources.keys import doi as normal_doi
from digestmail.sources.memory import remember_validators, remembered_validators
from digestmail.sources.records import RecordError, paper_from_record
from digestmail.text import one_line

SIZE_LIMIT = 10_000_000  # bytes
# feedparser takes time that grows with the square of what these bound.
_BROKEN_LIMIT = 500_000  # characters of XML that is not well-formed
_ATTRIBUTE_LIMIT = 200  # of one element

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins as the next but one does
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,200}?>")
_ENCODING = re.compile(rb"\s*<\?xml\b[^>]{0,150}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_SAFE_ENCODING = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|koi8-[ru]|gb\w+|big5|euc_\w+|shift_jis"
)
_DOCTYPE = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!(?:DOCTYPE|ENTITY)\b", re.I | re.S)
_WEB_PAGE = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<(?:!doctype\s+)?html\b", re.I | re.S)
_END = re.compile(r"</(?:\w{1,20}:)?(?:rss|feed|rdf)\s*>", re.I)
_DOI_IN_PATH = re.compile(r"/(10\.[0-9]{4,9}/.+)", re.ASCII)
_PAGE_OF_DOI = re.compile(
    r"(?:/(?:abstract|full|fulltext|full-text|pdf|epdf|html|meta)|\.(?:full|abstract|pdf|short))+/?$"
)
_PREPRINT_VERSION = re.compile(r"(?<=\d)v[0-9]{1,2}$")  # in bioRxiv's and medRxiv's addresses
_PREPRINT_PREFIXES = ("10.1101/", "10.64898/")


class FeedSource:
    """What one feed holds, whenever it has changed.

    ``web`` should refuse private addresses unless the operator allowed them.
    """

    def __init__(self, url: str, web: WebClient, name: str, memory: SourceMemory) -> None:
        self._url = url
        self._web = web
        self._name = name
        self._values = memory.values

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:  # noqa: ARG002
        """Yield the feed's papers, all that it still holds; none where it did not change.

        See Source.
        """
        kept = remembered_validators(self._values, self._url)
        try:
            response = self._web.get(self._url, validators=kept)
        except PrivateAddressError as error:
            raise SourceError(
                f"{error}; if the feed is meant to be there, add private=yes"
            ) from error
        if response.status == 304:
            return
        yield from read_any_feed(response.content, url=response.url, source=self._name)
        remember_validators(self._values, self._url, response.validators)


def read_any_feed(content: bytes, *, url: str, source: str) -> list[Paper | BadRecord]:
    """The papers of a feed; raises SourceError where ``content`` is no usable feed.

    A feed without entries is a quiet day. One of which no entry can be read is refused. A paper is
    known by the arXiv id or DOI it tells, else by a hash of its guid: ``<source>:<hash>``.
    """
    text = _text(content, url)
    results = [_read(entry, source) for entry in _entries(text, url)]
    bad = [result for result in results if isinstance(result, BadRecord)]
    if bad and len(bad) == len(results):
        raise SourceError(
            f"{url}: 0 of {len(bad)} entries could be read ({bad[0].where}: {bad[0].problem})"
        )
    return [*results, *_cut_short(text)]


def _cut_short(text: str) -> Iterator[BadRecord]:
    if not _END.search(text, max(0, len(text) - 2_000)):
        yield BadRecord("the feed", "it ends in the middle: some entries may be missing")


# --- the document ----------------------------------------------------------------------------


def _text(content: bytes, url: str) -> str:
    """The document as text, once it is known to be harmless to parse."""
    if len(content) > SIZE_LIMIT:
        raise SourceError(f"{url} holds more than {SIZE_LIMIT:,} bytes: refused")
    text = _decoded(content).lstrip("\ufeff \t\r\n")
    if _WEB_PAGE.match(text):
        raise SourceError(f"{url} is a web page: give the address of its RSS or Atom feed")
    if _DOCTYPE.match(text):
        raise SourceError(f"{url}: it declares a DOCTYPE or entities: refused")
    if "\0" in text or not text.startswith("<"):
        start = one_line(text[:200])[:40]
        raise SourceError(f"{url} is not a feed: it begins with “{start}”")
    return text


def _decoded(content: bytes) -> str:
    for bom, encoding in _BOMS.items():
        if content.startswith(bom):
            return content.decode(encoding, "replace")
    declared = _ENCODING.match(content)
    for encoding in (_known(declared[1].decode()) if declared else "utf-8", "utf-8"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")  # what calls itself UTF-8 and is not


def _known(encoding: str) -> str:
    """The encoding where it is one of texts, as Python names it; else UTF-8."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return "utf-8"
    return name if _SAFE_ENCODING.fullmatch(name) else "utf-8"


def _entries(text: str, url: str) -> list[Mapping[str, Any]]:
    problem = _broken(text, url)
    if problem and len(text) > _BROKEN_LIMIT:
        raise SourceError(f"{url}: its XML is broken ({problem})")
    # The bytes that were checked are the bytes that are parsed: no other encoding can be guessed.
    document = b'<?xml version="1.0" encoding="utf-8"?>' + _DECLARATION.sub("", text, 1).encode()
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        parsed = feedparser.parse(
            io.BytesIO(document),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # its reading of broken XML raises whatever the text provokes
        raise SourceError(f"{url}: its XML is broken ({one_line(str(error))[:100]})") from error
    if not parsed.entries and (problem or not parsed.version):
        detail = f"its XML is broken ({problem})" if problem else "it is not a feed"
        raise SourceError(f"{url}: {detail}")
    # Its own look-up answers for missing names with others, and warns of it.
    return [dict(entry.items()) for entry in parsed.entries]


def _broken(text: str, url: str) -> str:
    """What makes ``text`` no well-formed XML; empty where it is."""

    def begin(_: str, attributes: Mapping[str, str]) -> None:
        if len(attributes) > _ATTRIBUTE_LIMIT:
            raise SourceError(f"{url}: its XML has {len(attributes):,} attributes at once: refused")

    parser = ParserCreate("utf-8")
    parser.StartElementHandler = begin
    try:
        parser.Parse(_DECLARATION.sub("", text, 1).encode(), True)
    except ExpatError as error:
        return str(error)
    return ""


# --- an entry --------------------------------------------------------------------------------


def _read(fields: Mapping[str, Any], source: str) -> Paper | BadRecord:
    guid, link = _string(fields, "id"), _string(fields, "link")
    record = {
        "id": _number(fields) or _hash(guid or link),
        "doi": _doi(fields),
        "title": _string(fields, "title"),
        "abstract": _string(fields, "summary") or _content(fields),
        "authors": _authors(fields),
        "url": link,
        "published": _published(fields),
    }
    try:
        return paper_from_record(record, source=source)
    except RecordError as error:
        named = one_line(guid or link or _string(fields, "title"))[:100]
        return BadRecord(f"entry {named or 'without id'}", str(error))


def _string(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _content(fields: Mapping[str, Any]) -> str:
    parts = fields.get("content") or [{}]
    return str(parts[0].get("value") or "")


def _hash(identifier: str) -> str:
    if not identifier.strip():
        return ""
    return hashlib.sha1(identifier.strip().encode(), usedforsecurity=False).hexdigest()[:12]


def _identifiers(fields: Mapping[str, Any]) -> list[str]:
    names = ("prism_doi", "dc_identifier", "id", "link")
    return [text for name in names if (text := _string(fields, name))]


def _number(fields: Mapping[str, Any]) -> str:
    """The arXiv id, where the entry tells one."""
    return next(filter(arxiv_id, _identifiers(fields)), "")


def _doi(fields: Mapping[str, Any]) -> str:
    texts = _identifiers(fields)
    found = [*map(normal_doi, texts), *map(doi_in_address, texts)]
    return next(filter(None, found), "")


def doi_in_address(url: str) -> str:
    """The DOI in the path of a publisher's address (``/doi/full/10.1145/3.4``); else empty."""
    try:
        path = unquote(urlsplit(one_line(url)).path)
    except ValueError:
        return ""
    found = _DOI_IN_PATH.search(path)
    if not found:
        return ""
    name = _PAGE_OF_DOI.sub("", found[1])
    if name.startswith(_PREPRINT_PREFIXES):
        name = _PREPRINT_VERSION.sub("", name)
    return normal_doi(name.rstrip("/"))


def _authors(fields: Mapping[str, Any]) -> list[str]:
    """The names: one to an element, or all in one."""
    people = fields.get("authors") or []
    names = [str(person.get("name") or "") for person in people]
    return list(split_authors(names[0])) if len(names) == 1 else names


def _published(fields: Mapping[str, Any]) -> str:
    """When the entry came out, in ISO 8601; feedparser's times are in UTC."""
    moment = fields.get("published_parsed") or fields.get("updated_parsed")
    try:
        return datetime.fromtimestamp(timegm(moment), UTC).isoformat() if moment else ""
    except (ValueError, OverflowError, OSError):
        return ""
