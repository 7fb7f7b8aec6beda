"""A reader's own papers and feeds, out of the file that their reference manager or reader saved.

BibTeX, RIS, Zotero's RDF and CSV, CSL JSON, OPML, and plain lists of identifiers. What a file is
decides its content first, then its name.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from digestmail.domain import Paper
from digestmail.errors import InputError
from digestmail.messages import N_, Worded
from digestmail.sources.bibtex import read_bibtex
from digestmail.sources.keys import arxiv_id, key_from_reference
from digestmail.sources.opml import read_opml
from digestmail.sources.records import RecordError, paper_from_record
from digestmail.sources.ris import read_ris
from digestmail.sources.zotero import Located, read_rdf, record_of_item, record_of_row
from digestmail.text import one_line, readable, words

SOURCE = "library"  # of papers that have no other identifier than their title
LARGEST = 1_000_000  # bytes of a file
MOST_ENTRIES = 2_000
_MOST_BLOCKS = 2 * MOST_ENTRIES  # of BibTeX, with its strings and comments: parsing is slow
FIELD = "library"

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BIBTEX = re.compile(r"^[^\S\n]*@[A-Za-z]+\s*[{(]", re.MULTILINE)
_BLOCK = re.compile(r"@[A-Za-z]+\s*[{(]")
_RIS = re.compile(r"^\ufeff?TY\s{1,2}-", re.MULTILINE)
_CSV_TITLE = re.compile(r'(?:^|,)"?title"?(?:,|$)', re.IGNORECASE)
_UNUSABLE = N_(
    "nothing in the file can be used; give a BibTeX, RIS, OPML or CSV file, a Zotero export,"
    " CSL JSON or a list of identifiers, of at most 1 MB"
)
_KINDS = "a BibTeX, RIS, OPML or CSV file, a Zotero export, CSL JSON or a list of identifiers"


@dataclass(frozen=True, slots=True)
class Library:
    """What a file told. Papers without a title are known by their identifier alone.

    ``problems`` has a line for each entry that was left out, telling which and why.
    """

    papers: tuple[Paper, ...] = ()
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing of use."""
        return not (self.papers or self.categories or self.keywords)


def read_library(data: bytes, filename: str = "") -> Library:
    """All that can be used of a file's ``data``; InputError("library") where nothing can.

    The name helps to tell what kind of file it is. Nothing outside the data is read: XML that
    names entities is refused.
    """
    if len(data) > LARGEST:
        raise _unusable(
            f"the file is larger than {LARGEST // 1_000_000} MB; leave out notes, files"
        )
    if not data.strip():
        raise _unusable("the file is empty")
    try:
        library = _read(data, filename.lower())
    except (ValueError, RecursionError, KeyError, IndexError):  # of a parser of others
        raise _unusable(f"the file cannot be read; give {_KINDS}") from None
    if library.is_empty:
        why = library.problems[0] if library.problems else "it names no paper and no feed"
        raise _unusable(f"nothing in the file can be used: {why}; give {_KINDS}")
    return library


def _unusable(english: str) -> InputError:
    """The error of a file; only English tells what is wrong with it."""
    return InputError(FIELD, Worded(_UNUSABLE, english=english))


def _read(data: bytes, filename: str) -> Library:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _read_xml(data)
    if b"\0" in data and not data.startswith(_UTF_16):
        raise _unusable(f"the file is no text; give {_KINDS}")
    text = decoded(data)
    return _papers(_reader(text, filename)(text))


def _read_xml(data: bytes) -> Library:
    root = _root(data)
    if root.tag.lower() == "opml":
        feeds = read_opml(root)
        return Library((), feeds.categories, feeds.keywords, feeds.problems)
    if root.tag.endswith("}RDF"):
        return _papers(read_rdf(root))
    raise _unusable(f"the file is XML, but neither OPML nor Zotero RDF; give {_KINDS}")


def _root(data: bytes) -> Element:
    try:
        root: Element = fromstring(data.strip(), forbid_dtd=True)
    except DefusedXmlException:
        raise _unusable(
            "the file declares a DOCTYPE or entities: refused; export it anew"
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        position = getattr(error, "position", None)
        where = f" in line {position[0]}" if position else ""
        raise _unusable(f"the file is XML that is broken{where}; export it anew") from None
    return root


def decoded(data: bytes) -> str:
    """The text of a file whose encoding nobody tells: by its mark, UTF-8, else Windows-1252."""
    if data.startswith(_UTF_16):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _reader(text: str, filename: str) -> Callable[[str], Iterable[Located]]:
    named = next((end for end in _READERS if filename.endswith(end)), "")
    if named:
        return _READERS[named]
    if text.lstrip()[:1] in ("[", "{"):
        return _json
    if _RIS.search(text):
        return _ris
    if _CSV_TITLE.search(text.lstrip().partition("\n")[0].strip()):
        return _csv
    return _bibtex if _BIBTEX.search(text) else _lines


# --- to papers -------------------------------------------------------------------------------


def _papers(entries: Iterable[Located]) -> Library:
    papers: dict[str, Paper] = {}
    problems: list[str] = []
    located = iter(entries)
    for where, record in islice(located, MOST_ENTRIES):
        try:
            paper = _paper(record)
            papers.setdefault(paper.key, paper)
        except (RecordError, InputError) as error:
            problems.append(f"{where}: {getattr(error, 'message', error)}")
    if next(located, None) is not None:
        problems.append(f"only the first {MOST_ENTRIES:,} entries are read")
    return Library(tuple(papers.values()), problems=tuple(problems))


def _paper(record: Mapping[str, object] | str) -> Paper:
    """The paper of a record; of one without title its identifier is enough."""
    if isinstance(record, str):
        raise RecordError(record)
    named = [str(record.get(name) or "") for name in ("arxiv_id", "doi", "url")]
    if str(record.get("title") or "").strip():
        paper = paper_from_record(record, source=SOURCE)
        if paper.key.startswith(f"{SOURCE}:") and not words(readable(paper.title)):
            raise RecordError("it has no identifier, and its title neither letter nor digit")
        return paper
    for name in named:
        try:
            return Paper(key=key_from_reference(name), title="", source=SOURCE)
        except InputError:
            continue
    raise RecordError("it has no title")


# --- the formats -----------------------------------------------------------------------------


def _bibtex(text: str) -> Iterator[Located]:
    further = next(islice(_BLOCK.finditer(text), _MOST_BLOCKS, None), None)
    return read_bibtex(text[: further.start()] if further else text)


def _ris(text: str) -> Iterator[Located]:
    return read_ris(iter(text.splitlines()))


def _csv(text: str) -> Iterator[Located]:
    rows = csv.reader(StringIO(text, newline=""))
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        if "title" not in header:
            raise _unusable("the file is a table without a column “Title”")
        for row in rows:
            if row:
                yield f"line {rows.line_num}", record_of_row(dict(zip(header, row, strict=False)))
    except csv.Error as error:
        yield f"line {rows.line_num}", f"it is not CSV: {error}"


def _lines(text: str) -> Iterator[Located]:
    """One identifier a line; what else a line says is told as a problem."""
    for number, line in enumerate(text.splitlines(), 1):
        if line := one_line(line)[:300]:
            yield f"line {number}", _reference(line)


def _reference(line: str) -> Mapping[str, object] | str:
    try:
        key_from_reference(line)
    except InputError as error:
        return error.message
    return {"arxiv_id" if arxiv_id(line) else "doi": line}


def _json(text: str) -> Iterator[Located]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}"
        raise _unusable(f"the file is not JSON: {error.msg} at {where}") from None
    items = content.get("items", [content]) if isinstance(content, dict) else content
    for number, item in enumerate(items if isinstance(items, list) else [], 1):
        is_object = isinstance(item, dict)
        yield f"entry {number}", record_of_item(item) if is_object else "it is no JSON object"


_READERS: Mapping[str, Callable[[str], Iterable[Located]]] = {
    ".bib": _bibtex,
    ".ris": _ris,
    ".csv": _csv,
    ".json": _json,
}
