"""The XML of a feed, read by Expat to the fields of its entries, within limits.

Nothing that the document names is fetched.
"""

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

from digestmail.sources.feeds.xml_repair import quoted

_ENTRY_NAMES = ("item", "entry")
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


@dataclass(frozen=True, slots=True)
class Limits:
    """The size to which the feed of a stranger is read."""

    bytes: int = 10_000_000
    entries: int = 5_000  # the largest feeds of publishers hold some 2,000
    fields: int = 5_000  # of one entry: an author each, at collaborations
    pieces: int = 50_000  # of one field: tags, and texts between them
    attributes: int = 200  # of one element
    depth: int = 200  # of elements in one another


LIMITS = Limits()


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
        """Return the texts of the fields of these names, in their order, without empty ones."""
        return [f.text.strip() for name in names for f in self.named(name) if f.text.strip()]

    def first(self, *names: str) -> str:
        """Return the first of ``texts``; else an empty string."""
        return next(iter(self.texts(*names)), "")

    def named(self, name: str) -> Iterator[Field]:
        """Return the fields of a name."""
        return (f for f in self.fields if f.name == name)


class TooMuchError(Exception):
    """The document asks for more than the limits allow."""


@dataclass(slots=True)
class _OpenElement:
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


class XmlReader:
    """A reader of a document, or of one entry with the namespaces declared before it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.root = ""
        self.base = ""
        self.entries: list[Entry] = []
        self._outer: Mapping[str, str] = {}  # the prefixes that are known around the entries
        self._prefixes: list[Mapping[str, str]] = []  # those known within each open element
        self._depth = 0
        self._entry: Entry | None = None
        self._open: list[_OpenElement] = []

    def read(self, text: str) -> None:
        """Read a document; the entries before an ExpatError stay."""
        parser = ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._refuse
        parser.Parse(text.encode("utf-8", "replace"), True)

    def read_piece(self, piece: str) -> list[Entry]:
        """Return the entries of a piece of the document that was begun."""
        try:
            return self._entries_of(piece)
        except ExpatError:
            return self._entries_of(quoted(piece))

    def _entries_of(self, piece: str) -> list[Entry]:
        reader = XmlReader(self.limits)
        reader._outer = self._outer
        reader.read(piece)
        return reader.entries

    def _refuse(self, *_: object) -> None:
        raise TooMuchError("it declares a DOCTYPE")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if len(attributes) > self.limits.attributes:
            raise TooMuchError(f"an element has {len(attributes):,} attributes at once")
        if self._depth > self.limits.depth:
            raise TooMuchError(f"more than {self.limits.depth} nested elements")
        self._declare(attributes)
        name = self._name(tag)
        if self._depth == 1:
            self.root, self.base = name, attributes.get("xml:base", "")
        if self._entry is not None:
            self._start_field(name, attributes)
        elif name in _ENTRY_NAMES:
            self._entry = Entry(attributes)

    def _declare(self, attributes: Mapping[str, str]) -> None:
        """Add the namespaces that an element declares, for itself and the elements in it."""
        declared = {
            name[6:]: _family(value, name[6:])
            for name, value in attributes.items()
            if name == "xmlns" or name.startswith("xmlns:")
        }
        outer = self._prefixes[-1] if self._prefixes else self._outer
        self._prefixes.append({**outer, **declared} if declared else outer)
        if self._entry is None:
            self._outer = self._prefixes[-1]

    def _name(self, tag: str) -> str:
        prefix, _, local = tag.rpartition(":")
        family = self._prefixes[-1].get(prefix, _family("", prefix))
        return f"{family}:{local.lower()}" if family else local.lower()

    def _start_field(self, name: str, attributes: dict[str, str]) -> None:
        self._add(_Tag(f"<{name.rpartition(':')[2]}>"), levels=1)
        name = f"{self._open[0].name}/{name}" if self._open else name
        self._open.append(_OpenElement(name, attributes))

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
    """Return the usual prefix of a namespace; ``prefix`` where it is unknown."""
    uri = uri.lower()
    return next((name for path, name in _NAMESPACES.items() if path in uri), prefix.lower())
