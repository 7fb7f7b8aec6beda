"""The document of a feed: its bytes read to entries, whatever its dialect, encoding and mistakes.

Document types with declarations of their own are refused before the parser sees them. A document
that is not well-formed is repaired, then read entry by entry, so that a broken one costs no other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers.expat import ExpatError

from digestmail.domain import BadRecord
from digestmail.errors import SourceError
from digestmail.sources.feeds.encoding import decoded
from digestmail.sources.feeds.xml_reader import Entry, Limits, TooMuchError, XmlReader
from digestmail.sources.feeds.xml_repair import repaired, split_entries
from digestmail.text import one_line


@dataclass(frozen=True, slots=True)
class Document:
    """A feed's entries, the address that its links start from, and the unreadable entries."""

    entries: list[Entry]
    base: str
    problems: list[BadRecord]


_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]{0,200}?>")
_PROLOGUE = r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+"
_DOCTYPE = re.compile(rf"{_PROLOGUE}<!(?:DOCTYPE|ENTITY)\b", re.I | re.S)
# One that names a document type and declares nothing: RSS 0.91 has one. It is not fetched.
_HARMLESS_DOCTYPE = re.compile(
    rf"\A({_PROLOGUE})<!DOCTYPE\s+[\w:.-]{{1,40}}\s+(?:PUBLIC\s+(?:\"[^\"<>]*\"|'[^'<>]*')"
    r"(?:\s+(?:\"[^\"<>]*\"|'[^'<>]*'))?|SYSTEM\s+[\"'][^\"'<>]{0,200}/rss-0\.9\d?\.dtd[\"'])\s*>",
    re.I | re.S,
)
_WEB_PAGE = re.compile(rf"{_PROLOGUE}<(?:!doctype\s+)?html\b", re.I | re.S)
_END_TAG = re.compile(r"</(?:\w{1,20}:)?(?:rss|feed|rdf|channel)\s*>", re.I)
_ROOTS = ("rss", "rdf", "feed", "channel")
_BROKEN = "its XML is broken"


def read_document(content: bytes, url: str, limits: Limits) -> Document:
    """Return the document in ``content``; raise SourceError where it is no usable feed."""
    text = _checked(content, url, limits)
    reader = XmlReader(limits)
    problem, entries, problems = "", reader.entries, list[BadRecord]()
    try:
        reader.read(text)
    except (ExpatError, TooMuchError) as error:
        problem = str(error)
        entries, problems = _read_entries(text, reader)
    if problem and not entries:
        raise SourceError(f"{url}: {_BROKEN} ({problem})")
    if reader.root not in _ROOTS:
        raise SourceError(f"{url}: it is not a feed")
    problems += _losses(text, entries, limits)
    return Document(entries[: limits.entries], reader.base, problems)


def _checked(content: bytes, url: str, limits: Limits) -> str:
    """Return the document as text, once it is known to be harmless to parse."""
    if len(content) > limits.bytes:
        raise SourceError(f"{url} has more than {limits.bytes:,} bytes, the limit")
    text = decoded(content).lstrip("\ufeff \t\r\n")
    if _WEB_PAGE.match(text):
        raise SourceError(f"{url} is a web page; use the address of its RSS or Atom feed")
    text = _HARMLESS_DOCTYPE.sub(r"\1", _DECLARATION.sub("", text))
    if _DOCTYPE.match(text):
        raise SourceError(f"{url}: it declares a DOCTYPE or entities: refused")
    if "\0" in text or not text.lstrip().startswith("<"):
        start = one_line(text[:200])[:40]
        raise SourceError(f"{url} is not a feed: it begins with “{start}”")
    return text


def _losses(text: str, entries: list[Entry], limits: Limits) -> Iterator[BadRecord]:
    if not _END_TAG.search(text, max(0, len(text) - 2_000)):
        yield BadRecord("the feed", "it is truncated: some entries may be missing")
    if len(entries) > limits.entries:
        yield BadRecord("the feed", f"only the first {limits.entries:,} entries were read")


def _read_entries(text: str, reader: "XmlReader") -> tuple[list[Entry], list[BadRecord]]:
    """Return the readable entries of a broken document, and the problems of the others."""
    entries: list[Entry] = []
    problems: list[BadRecord] = []
    for number, piece in enumerate(split_entries(repaired(text)), 1):
        if len(entries) + len(problems) > reader.limits.entries:
            break
        try:
            entries += reader.read_piece(piece)
        except (ExpatError, TooMuchError) as error:
            problems.append(BadRecord(f"entry {number}", f"{_BROKEN} ({error})"))
    return entries, problems
