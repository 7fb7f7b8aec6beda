"""The document of a feed, read: bytes to entries, whatever its dialect, encoding and mistakes.

Expat reads the XML; nothing that the document names is fetched, and document types with
declarations of their own are refused before it sees them. A document that is not well-formed is
mended where that is certain, then read entry by entry, so that one broken entry costs no other.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.entities import html5
from xml.parsers.expat import ExpatError, ParserCreate

from digestmail.domain import BadRecord
from digestmail.errors import SourceError
from digestmail.sources.feeds.encoding import decoded
from digestmail.text import one_line


@dataclass(frozen=True, slots=True)
class Limits:
    """What a stranger's feed may ask of this program."""

    bytes: int = 10_000_000
    entries: int = 5_000  # the largest feeds of publishers hold some 2,000
    fields: int = 5_000  # of one entry: an author each, at collaborations
    pieces: int = 50_000  # of one field: its tags and the text between them
    attributes: int = 200  # of one element
    depth: int = 200  # of elements in one another


@dataclass(frozen=True, slots=True)
class Field:
    """An element of an entry; ``text`` is its text, or its markup where it holds elements.

    Names are in lower case, with the usual prefix of their namespace but for those of RSS and
    Atom: ``title``, ``dc:creator``, ``author/name``.
    """

    name: str
    text: str
    attributes: Mapping[str, str]


@dataclass(slots=True)
class Entry:
    """An item or entry of a feed."""

    attributes: Mapping[str, str]
    fields: list[Field] = field(default_factory=list)

    def texts(self, *names: str) -> list[str]:
        """Return what the fields of these names hold, in the order of the names, empty ones not."""
        return [f.text.strip() for name in names for f in self.named(name) if f.text.strip()]

    def first(self, *names: str) -> str:
        """Return the first of ``texts``; else an empty string."""
        return next(iter(self.texts(*names)), "")

    def named(self, name: str) -> Iterator[Field]:
        """Return the fields of a name."""
        return (f for f in self.fields if f.name == name)


@dataclass(frozen=True, slots=True)
class Document:
    """A feed's entries, the address that its links start from, and what could not be read."""

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
_END = re.compile(r"</(?:\w{1,20}:)?(?:rss|feed|rdf|channel)\s*>", re.I)
_ROOTS = ("rss", "rdf", "feed", "channel")
_ENTRIES = ("item", "entry")
_ENTRY_TAG = re.compile(r"<(/?)(?:\w{1,20}:)?(?:item|entry)(?=[\s/>])", re.I)
_BROKEN = "its XML is broken"


def read_document(content: bytes, url: str, limits: Limits) -> Document:
    """Return the document that ``content`` is; raises SourceError where it is no usable feed."""
    text = _checked(content, url, limits)
    reader = _Reader(limits)
    problem, entries, problems = "", reader.entries, list[BadRecord]()
    try:
        reader.read(text)
    except (ExpatError, _TooMuchError) as error:
        problem = str(error)
        entries, problems = _read_apart(text, reader)
    if problem and not entries:
        raise SourceError(f"{url}: {_BROKEN} ({problem})")
    if reader.root not in _ROOTS:
        raise SourceError(f"{url}: it is not a feed")
    problems += _left_out(text, entries, limits)
    return Document(entries[: limits.entries], reader.base, problems)


def _checked(content: bytes, url: str, limits: Limits) -> str:
    """Return the document as text, once it is known to be harmless to parse."""
    if len(content) > limits.bytes:
        raise SourceError(f"{url} holds more than {limits.bytes:,} bytes: refused")
    text = decoded(content).lstrip("\ufeff \t\r\n")
    if _WEB_PAGE.match(text):
        raise SourceError(f"{url} is a web page: give the address of its RSS or Atom feed")
    text = _HARMLESS_DOCTYPE.sub(r"\1", _DECLARATION.sub("", text))
    if _DOCTYPE.match(text):
        raise SourceError(f"{url}: it declares a DOCTYPE or entities: refused")
    if "\0" in text or not text.lstrip().startswith("<"):
        start = one_line(text[:200])[:40]
        raise SourceError(f"{url} is not a feed: it begins with “{start}”")
    return text


def _left_out(text: str, entries: list[Entry], limits: Limits) -> Iterator[BadRecord]:
    if not _END.search(text, max(0, len(text) - 2_000)):
        yield BadRecord("the feed", "it ends in the middle: some entries may be missing")
    if len(entries) > limits.entries:
        yield BadRecord("the feed", f"of its entries, the first {limits.entries:,} were read")


# --- documents that are not well-formed ------------------------------------------------------


def _read_apart(text: str, reader: "_Reader") -> tuple[list[Entry], list[BadRecord]]:
    """Return what can be read of a broken document, entry by entry."""
    mended = _mended(text)
    entries: list[Entry] = []
    problems: list[BadRecord] = []
    for number, piece in enumerate(_pieces(mended), 1):
        if len(entries) + len(problems) > reader.limits.entries:
            break
        try:
            entries += reader.read_piece(piece)
        except (ExpatError, _TooMuchError) as error:
            problems.append(BadRecord(f"entry {number}", f"{_BROKEN} ({error})"))
    return entries, problems


def _pieces(text: str) -> Iterator[str]:
    """Return each entry from its first tag to its last; one without an end is left out."""
    begun = -1
    for tag in _ENTRY_TAG.finditer(text):
        if not tag[1]:
            begun = tag.start()
        elif begun >= 0:
            yield text[begun : text.find(">", tag.end()) + 1]
            begun = -1


_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_AMPERSAND = re.compile(
    r"&(?!(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)(?:(\w{2,31});)?"
)
_NO_TAG = re.compile(r"<(?![A-Za-z_!?]|/[A-Za-z_])")
_VOID_TAG = re.compile(r"<(br|hr|img|wbr)\b([^<>]{0,1000}?)\s*/?>", re.I)
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT_FIELD = re.compile(
    r"<((?:\w{1,20}:)?(?:title|description|summary|content|encoded))(\s[^<>]{0,500})?>"
    r"((?:(?!</?\1\b|<!\[CDATA\[).)*+)</\1\s*>",
    re.I | re.S,
)


def _mended(text: str) -> str:
    """Return the text with bare ``&`` and ``<``, HTML's entities and unclosed tags mended."""
    pieces, end = [], 0
    while (start := text.find(_CDATA, end)) >= 0 and (stop := text.find(_CDATA_END, start)) >= 0:
        pieces += [_mended_markup(text[end:start]), text[start : stop + 3]]
        end = stop + 3
    pieces.append(_mended_markup(text[end:]))
    return _INVALID.sub("", "".join(pieces))


def _mended_markup(text: str) -> str:
    text = _NO_TAG.sub("&lt;", _AMPERSAND.sub(_entity, text))
    return _VOID_TAG.sub(r"<\1\2/>", text)


def _entity(match: re.Match[str]) -> str:
    character = html5.get(f"{match[1]};", "") if match[1] else ""
    return html.escape(character, quote=False) if character else f"&amp;{match[0][1:]}"


def _quoted(piece: str) -> str:
    """Return an entry whose texts hold unclosed tags, with these texts in CDATA sections."""
    return _TEXT_FIELD.sub(
        lambda m: f"<{m[1]}{m[2] or ''}>{_CDATA}{m[3]}{_CDATA_END}</{m[1]}>", piece
    )


# --- the parser ------------------------------------------------------------------------------


class _TooMuchError(Exception):
    """The document asks for more than the limits allow."""


_NAMESPACES = {
    "purl.org/rss/1.0/modules/content": "content",
    "purl.org/dc/": "dc",
    "prismstandard.org/": "prism",
    "search.yahoo.com/mrss": "media",
    "w3.org/1999/xhtml": "xhtml",
    "w3.org/1998/math": "mml",
    "purl.org/rss/": "",
    "w3.org/2005/atom": "",
    "purl.org/atom": "",
    "netscape.com/rdf": "",
    "userland.com/rss": "",
    "w3.org/1999/02/22-rdf-syntax-ns": "",
}


@dataclass(slots=True)
class _Open:
    """An element of an entry that has not ended yet."""

    name: str
    attributes: Mapping[str, str]
    pieces: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return its text; its markup, with the text escaped, where it holds elements."""
        if not any(isinstance(piece, _Tag) for piece in self.pieces):
            return "".join(self.pieces)
        escaped = (p if isinstance(p, _Tag) else html.escape(p, quote=False) for p in self.pieces)
        return "".join(escaped)


class _Tag(str):
    """A tag among the pieces of a field."""

    __slots__ = ()


class _Reader:
    """Reads a document, or one entry of it, with the namespaces that were declared before."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.root = ""
        self.base = ""
        self.entries: list[Entry] = []
        self._outer: Mapping[str, str] = {}  # the prefixes that are known around the entries
        self._prefixes: list[Mapping[str, str]] = []  # those known within each open element
        self._depth = 0
        self._entry: Entry | None = None
        self._open: list[_Open] = []

    def read(self, text: str) -> None:
        """Read a document; what was read before an ExpatError stays."""
        parser = ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(text.encode("utf-8", "replace"), True)

    def read_piece(self, piece: str) -> list[Entry]:
        """Return the entries of a part of the document that was begun."""
        try:
            return self._entries_of(piece)
        except ExpatError:
            return self._entries_of(_quoted(piece))

    def _entries_of(self, piece: str) -> list[Entry]:
        reader = _Reader(self.limits)
        reader._outer = self._outer
        reader.read(piece)
        return reader.entries

    def _refuse(self, *_: object) -> None:
        raise _TooMuchError("it declares a DOCTYPE")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if len(attributes) > self.limits.attributes:
            raise _TooMuchError(f"an element has {len(attributes):,} attributes at once")
        if self._depth > self.limits.depth:
            raise _TooMuchError(f"more than {self.limits.depth} elements in one another")
        self._declare(attributes)
        name = self._name(tag)
        if self._depth == 1:
            self.root, self.base = name, attributes.get("xml:base", "")
        if self._entry is not None:
            self._start_field(name, attributes)
        elif name in _ENTRIES:
            self._entry = Entry(attributes)

    def _declare(self, attributes: Mapping[str, str]) -> None:
        """Take in the namespaces that an element declares, for itself and what it holds."""
        declared = {
            name[6:]: _family(value, name[6:])
            for name, value in attributes.items()
            if name == "xmlns" or name.startswith("xmlns:")
        }
        around = self._prefixes[-1] if self._prefixes else self._outer
        self._prefixes.append({**around, **declared} if declared else around)
        if self._entry is None:
            self._outer = self._prefixes[-1]

    def _name(self, tag: str) -> str:
        prefix, _, local = tag.rpartition(":")
        family = self._prefixes[-1].get(prefix, _family("", prefix))
        return f"{family}:{local.lower()}" if family else local.lower()

    def _start_field(self, name: str, attributes: dict[str, str]) -> None:
        self._add(_Tag(f"<{name.rpartition(':')[2]}>"), levels=1)
        name = f"{self._open[0].name}/{name}" if self._open else name
        self._open.append(_Open(name, attributes))

    def _data(self, text: str) -> None:
        self._add(text, levels=2)

    def _add(self, piece: str, levels: int) -> None:
        for element in self._open[:levels]:
            if len(element.pieces) < self.limits.pieces:
                element.pieces.append(piece)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if self._open:
            self._end_field(tag)
        elif self._entry is not None:
            self.entries.append(self._entry)
            self._entry = None
            if len(self.entries) > self.limits.entries + 1:
                self.entries.pop()
        self._prefixes.pop()

    def _end_field(self, tag: str) -> None:
        element = self._open.pop()
        self._add(_Tag(f"</{self._name(tag).rpartition(':')[2]}>"), levels=1)
        if len(self._open) < 2 and self._entry and len(self._entry.fields) < self.limits.fields:
            self._entry.fields.append(Field(element.name, element.text(), element.attributes))


def _family(uri: str, prefix: str) -> str:
    """Return the usual prefix of a namespace; the one that is used where it is unknown."""
    uri = uri.lower()
    return next((name for part, name in _NAMESPACES.items() if part in uri), prefix.lower())
