"""The files that reference managers, publishers and readers save: which one is it, and its records.

The content decides what a file is, then its name. Nothing outside the data is read: XML that
names entities is refused.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from digestmail.domain import BadRecord, Paper
from digestmail.errors import InputError
from digestmail.sources.files.bibtex import read_bibtex
from digestmail.sources.files.columns import header_of, records_in
from digestmail.sources.files.endnote import is_endnote, read_endnote, read_enw
from digestmail.sources.files.json_items import read_items
from digestmail.sources.files.nbib import read_nbib
from digestmail.sources.files.ris import read_ris
from digestmail.sources.files.tagged import unified
from digestmail.sources.files.wos import read_wos
from digestmail.sources.files.zotero import arxiv_in, noted_pmid, read_rdf
from digestmail.sources.normalise.identifiers import arxiv_id, key_from_reference, pubmed_key
from digestmail.sources.services.medline import read_article
from digestmail.tables import decode_text, read_table
from digestmail.text import one_line

Record = Mapping[str, object] | Paper | str  # a string says what is wrong
Located = tuple[str, Record]

KINDS = (
    "a BibTeX, RIS, PubMed, EndNote, Web of Science, OPML or CSV file, a Zotero export, CSL JSON or"
    " a list of identifiers"
)
_EXPORT = "export it as BibTeX or RIS"
_MOST_ELEMENTS = 300_000  # of XML: 150 for each of 2,000 entries
_MOST_LINES = 400_000  # 200 for each of 2,000 entries
_HEAD = 20_000  # characters in which a table names its columns
_MOST_REFERENCES = 1_000_000  # characters of a list of identifiers
_MOST_BLOCKS = 3_000  # of BibTeX, with its strings and comments
_FOREIGN = {  # by their endings, files that hold papers and that nobody but their program reads
    ".enl": ("an EndNote library", "in EndNote choose File, Export and save it as RIS or BibTeX"),
    ".enlx": ("an EndNote library", "in EndNote choose File, Export and save it as RIS or BibTeX"),
    ".sqlite": ("a database", _EXPORT),
    ".db": ("a database", _EXPORT),
    ".ctv5": ("a Citavi project", "in Citavi choose File, Export and save it as RIS or BibTeX"),
    ".ctv6": ("a Citavi project", "in Citavi choose File, Export and save it as RIS or BibTeX"),
    ".ctv6bak": ("a Citavi backup", "in Citavi choose File, Export and save it as RIS or BibTeX"),
    ".papers": ("a library of Papers", _EXPORT),
    ".bibdesk": ("a library of BibDesk", _EXPORT),
    ".pdf": ("a PDF", "give the file that your reference manager exports, as BibTeX or RIS"),
    ".doc": ("a Word document", "give a list of identifiers as plain text, or BibTeX or RIS"),
    ".docx": ("a Word document", "give a list of identifiers as plain text, or BibTeX or RIS"),
    ".xls": ("an Excel workbook", "save it as CSV"),
    ".xlsx": ("an Excel workbook", "save it as CSV"),
    ".ods": ("a workbook", "save it as CSV"),
    ".zip": ("a ZIP archive", "unpack it and give one of the files in it"),
    ".gz": ("a compressed file", "unpack it first"),
}
_DOCTYPE = re.compile(
    rb"\A((?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]{0,200}\?>)?\s*)<!DOCTYPE\s+[\w:.-]{1,60}"
    rb"(?:\s+(?:PUBLIC|SYSTEM)(?:\s+\"[^\"<>\[\]]{0,300}\"){1,2})?\s*>"
)
_DOI = re.compile(r"\b10\.[0-9]{4,9}/[^\s,;\"'<>\[\]{}|]{1,200}(?<![).])")
_BLOCK = re.compile(r"@[A-Za-z]+\s*[{(]")


class UnreadableFileError(ValueError):
    """The file as a whole cannot be read: why, and what to do."""

    def __init__(self, why: str, advice: str = f"give {KINDS}") -> None:
        super().__init__(f"{why}; {advice}")


def records_of_text(data: bytes, filename: str) -> Iterable[Located]:
    """Return the records of a file that is no XML; UnreadableFileError where it cannot be read."""
    ending = _ending(filename)
    if ending in _FOREIGN and b"\0" in data[:4_096]:
        kind, advice = _FOREIGN[ending]
        raise UnreadableFileError(f"it is {kind}", advice)
    try:
        text = _cut(unified(decode_text(data).text))
    except InputError as error:
        why = error.message.partition(";")[0]
        raise UnreadableFileError(f"it {why}", f"give {KINDS}") from None
    if ending in _TABLES and (records := _table(text)):
        return records
    for mark, kind, advice in _NAMED:
        if mark.match(text):
            raise UnreadableFileError(f"it is {kind}", advice)
    marked = [(found.start(), read) for mark, read in _MARKS if (found := mark.search(text))]
    if marked:
        return min(marked, key=lambda each: each[0])[1](text)
    if text.lstrip("\ufeff \t\n")[:1] in ("[", "{"):
        return _json(text)
    records = _table(text) if ending not in _BY_NAME else None
    head = one_line(text.strip().partition("\n")[0])[:100]
    if records is None and ending in _TABLES and isinstance(_reference(head), str):
        raise UnreadableFileError(
            f"it is a table without a column “Title” or “DOI”; its first row is “{head}”",
            "name the columns in the first row",
        )
    return records or _BY_NAME.get(ending, _references)(text)


def _ending(filename: str) -> str:
    name = filename.lower().strip()
    return name[name.rfind(".") :] if "." in name else ""


# --- text ------------------------------------------------------------------------------------


def _cut(text: str) -> str:
    """Return as many lines of ``text`` as a library may have."""
    lines = text.split("\n", _MOST_LINES)
    return "\n".join(lines[:_MOST_LINES]) if len(lines) > _MOST_LINES else text


def _table(text: str) -> Iterable[Located] | None:
    """Return the records of a table; None where none of its first rows names the columns."""
    head = read_table(text[:_HEAD].encode(errors="replace"))
    _, columns = header_of(list(head.rows()))
    return records_in(read_table(text.encode(errors="replace"))) if columns else None


def _bibtex(text: str) -> Iterator[Located]:
    further = next(islice(_BLOCK.finditer(text), _MOST_BLOCKS, None), None)
    return read_bibtex(text[: further.start()] if further else text)


def _ris(text: str) -> Iterator[Located]:
    return read_ris(text.split("\n"), is_complete=True)


def _nbib(text: str) -> Iterator[Located]:
    return read_nbib(text.split("\n"))


def _enw(text: str) -> Iterator[Located]:
    return read_enw(text.split("\n"))


def _wos(text: str) -> Iterator[Located]:
    return read_wos(text.split("\n"))


def _json(text: str) -> Iterator[Located]:
    text = text.lstrip("\ufeff")
    try:
        return read_items(json.loads(text))
    except json.JSONDecodeError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        if error.msg == "Extra data" and len(lines) > 1:
            return read_items([_object(line) for line in lines])
        where = f"line {error.lineno}"
        raise UnreadableFileError(
            f"it is not JSON: {error.msg} at {where}", "export it anew"
        ) from None


def _object(line: str) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


def _references(text: str) -> Iterator[Located]:
    """One identifier a line; what else a line says is told as a problem."""
    for number, line in enumerate(text[:_MOST_REFERENCES].splitlines(), 1):
        if line := one_line(line)[:300]:
            yield f"line {number}", _reference(line)


def _reference(line: str) -> Record:
    try:
        key = key_from_reference(line)
    except InputError as error:
        return _named_in(line) or error.message
    if arxiv_id(line):
        return {"arxiv_id": line}
    return {"pmid" if pubmed_key(key) == key else "doi": line}


def _named_in(line: str) -> Mapping[str, object]:
    """The identifier among other words, as in a list of references; nothing without one."""
    match = _DOI.search(line)
    names = {
        "arxiv_id": arxiv_in([line]),
        "doi": match[0] if match else "",
        "pmid": noted_pmid(line),
    }
    return {name: text for name, text in names.items() if text}


# What a line of each kind begins with, and who reads the kind.
_MARKS: tuple[tuple[re.Pattern[str], Callable[[str], Iterable[Located]]], ...] = (
    (re.compile(r"^\ufeff?[^\S\n]*@[A-Za-z]+\s*[{(]", re.MULTILINE), _bibtex),
    (re.compile(r"^\ufeff?[^\S\n]*TY\s{1,2}-", re.MULTILINE), _ris),
    (re.compile(r"^\ufeff?PMID ?-\s*[0-9]", re.MULTILINE), _nbib),
    (re.compile(r"^\ufeff?%[0TA]\s", re.MULTILINE), _enw),
    (re.compile(r"^\ufeff?(?:FN (?:Clarivate|Thomson|ISI)|PT [A-Z]$)", re.MULTILINE), _wos),
)
# Files of other programs that are text, and how they are known.
_NAMED = (
    (re.compile(r"\A\s*RT [A-Z]"), "RefWorks’ tagged format", "export it as RIS or BibTeX"),
    (re.compile(r"\A\s*(?:#[^\n]*\n)*cff-version:"), "a CITATION.cff file", _EXPORT),
    (re.compile(r"\A\s*LEADER |\A=LDR "), "MARC", _EXPORT),
    (re.compile(r"\A---\s*\n(?:references|bibliography):"), "YAML", _EXPORT),
    (
        re.compile(r"\A\{\\rtf"),
        "a rich text document",
        "save it as plain text, or give BibTeX or RIS",
    ),
)
_TABLES = (".csv", ".tsv", ".tab")
_BY_NAME: Mapping[str, Callable[[str], Iterable[Located]]] = {
    ".bib": _bibtex,
    ".bibtex": _bibtex,
    ".ris": _ris,
    ".nbib": _nbib,
    ".enw": _enw,
    ".ciw": _wos,
    ".isi": _wos,
    ".json": _json,
}


# --- XML -------------------------------------------------------------------------------------


def is_xml(data: bytes) -> bool:
    """Return whether ``data`` begins as XML or HTML does, in UTF-8 or UTF-16."""
    head = data[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return (
        head.startswith(b"<")
        and head[1:2] in b"?!abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )


def root_of(data: bytes) -> Element:
    """Return the root of XML; UnreadableFileError where it is broken or declares entities."""
    if data.count(b"<") > 2 * _MOST_ELEMENTS:
        raise UnreadableFileError("it lists too much to be read", "export fewer papers")
    if b"<html" in data[:1_000].replace(b"\0", b"").lower():
        raise UnreadableFileError("it is a web page", f"give {KINDS}")
    try:
        root: Element = fromstring(_DOCTYPE.sub(rb"\1", data.strip(), count=1), forbid_dtd=True)
    except DefusedXmlException:
        raise UnreadableFileError(
            "it declares a DOCTYPE or entities, which are refused", "export it anew"
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        position = getattr(error, "position", None)
        where = f" in line {position[0]}" if position else ""
        raise UnreadableFileError(f"it is XML that is broken{where}", "export it anew") from None
    return root


def records_of_xml(root: Element) -> Iterable[Located]:
    """Return the records of XML that lists papers; UnreadableFileError for any other."""
    name = root.tag.rpartition("}")[2].lower()
    if is_endnote(root):
        return read_endnote(root)
    if name == "pubmedarticleset":
        return _articles(root)
    if name == "rdf":
        return _rdf(root)
    if name in ("rss", "feed"):
        raise UnreadableFileError("it is a feed, which is no list of your papers")
    if name in ("modscollection", "mods"):
        raise UnreadableFileError("it is MODS", _EXPORT)
    raise UnreadableFileError(
        "it is XML, but neither OPML nor the export of a program that is known"
    )


def _rdf(root: Element) -> Iterable[Located]:
    records = list(read_rdf(root))
    if not records:
        raise UnreadableFileError(
            "it is RDF, but not Zotero’s own",
            "in Zotero choose the format Zotero RDF, BibTeX or RIS",
        )
    return records


def _articles(root: Element) -> Iterator[Located]:
    for number, article in enumerate(root, 1):
        read = read_article(article, "library")
        yield f"article {number}", read.problem if isinstance(read, BadRecord) else read
