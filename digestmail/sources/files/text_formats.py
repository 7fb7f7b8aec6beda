"""Text files of reference managers, publishers and readers: the format of each, and its records.

The content decides the format, then the name of the file.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from digestmail.errors import InputError
from digestmail.sources.files.bibtex import read_bibtex
from digestmail.sources.files.columns import header_of, records_in
from digestmail.sources.files.endnote import read_enw
from digestmail.sources.files.json_items import read_items
from digestmail.sources.files.nbib import read_nbib
from digestmail.sources.files.ris import read_ris
from digestmail.sources.files.tagged import unified
from digestmail.sources.files.unreadable import EXPORT, KINDS, UnreadableFileError
from digestmail.sources.files.wos import read_wos
from digestmail.sources.files.zotero import arxiv_in, noted_pmid
from digestmail.sources.normalise.identifiers import arxiv_id, key_from_reference, pubmed_key
from digestmail.sources.normalise.paper import LocatedRecord, Record
from digestmail.tables import decode_text, read_table
from digestmail.text import one_line

_LINE_LIMIT = 400_000  # 200 for each of 2,000 entries
_HEAD_LENGTH = 20_000  # characters in which a table names its columns
_REFERENCES_LIMIT = 1_000_000  # characters of a list of identifiers
_BLOCK_LIMIT = 3_000  # of BibTeX, with its strings and comments
_FOREIGN = {  # files that only their own program can read, by their endings
    ".enl": ("an EndNote library", "in EndNote choose File, Export and save it as RIS or BibTeX"),
    ".enlx": ("an EndNote library", "in EndNote choose File, Export and save it as RIS or BibTeX"),
    ".sqlite": ("a database", EXPORT),
    ".db": ("a database", EXPORT),
    ".ctv5": ("a Citavi project", "in Citavi choose File, Export and save it as RIS or BibTeX"),
    ".ctv6": ("a Citavi project", "in Citavi choose File, Export and save it as RIS or BibTeX"),
    ".ctv6bak": ("a Citavi backup", "in Citavi choose File, Export and save it as RIS or BibTeX"),
    ".papers": ("a Papers library", EXPORT),
    ".bibdesk": ("a BibDesk library", EXPORT),
    ".pdf": ("a PDF", "use a BibTeX or RIS export from your reference manager"),
    ".doc": ("a Word document", "use a plain-text list of identifiers, BibTeX or RIS"),
    ".docx": ("a Word document", "use a plain-text list of identifiers, BibTeX or RIS"),
    ".xls": ("an Excel workbook", "save it as CSV"),
    ".xlsx": ("an Excel workbook", "save it as CSV"),
    ".ods": ("a workbook", "save it as CSV"),
    ".zip": ("a ZIP archive", "unpack it and use one of the files in it"),
    ".gz": ("a compressed file", "unpack it first"),
}
FOREIGN_ENDINGS = tuple(_FOREIGN)
_DOI = re.compile(r"\b10\.[0-9]{4,9}/[^\s,;\"'<>\[\]{}|]{1,200}(?<![).])")
_BLOCK = re.compile(r"@[A-Za-z]+\s*[{(]")


def records_of_text(data: bytes, filename: str) -> Iterable[LocatedRecord]:
    """Return the records of a file that is no XML; UnreadableFileError where it cannot be read."""
    ending = _ending(filename)
    if ending in _FOREIGN and b"\0" in data[:4_096]:
        kind, advice = _FOREIGN[ending]
        raise UnreadableFileError(f"it is {kind}", advice)
    try:
        text = _cut(unified(decode_text(data).text))
    except InputError as error:
        why = error.message.partition(";")[0]
        raise UnreadableFileError(f"it {why}", f"use {KINDS}") from None
    if ending in _TABLES and (records := _table(text)):
        return records
    for mark, kind, advice in _OTHER_TEXTS:
        if mark.match(text):
            raise UnreadableFileError(f"it is {kind}", advice)
    marked = [(match.start(), read) for mark, read in _MARKS if (match := mark.search(text))]
    if marked:
        return min(marked, key=lambda pair: pair[0])[1](text)
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
    lines = text.split("\n", _LINE_LIMIT)
    return "\n".join(lines[:_LINE_LIMIT]) if len(lines) > _LINE_LIMIT else text


def _table(text: str) -> Iterable[LocatedRecord] | None:
    """Return the records of a table; None where none of its first rows names the columns."""
    head = read_table(text[:_HEAD_LENGTH].encode(errors="replace"))
    _, columns = header_of(list(head.rows()))
    return records_in(read_table(text.encode(errors="replace"))) if columns else None


def _bibtex(text: str) -> Iterator[LocatedRecord]:
    first_beyond = next(islice(_BLOCK.finditer(text), _BLOCK_LIMIT, None), None)
    return read_bibtex(text[: first_beyond.start()] if first_beyond else text)


def _read_ris(text: str) -> Iterator[LocatedRecord]:
    return read_ris(text.split("\n"), is_complete=True)


def _by_lines(
    read: Callable[[Iterable[str]], Iterator[LocatedRecord]],
) -> Callable[[str], Iterator[LocatedRecord]]:
    return lambda text: read(text.split("\n"))


def _json(text: str) -> Iterator[LocatedRecord]:
    text = text.lstrip("\ufeff")
    try:
        return read_items(json.loads(text))
    except json.JSONDecodeError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        if error.msg == "Extra data" and len(lines) > 1:
            return read_items([_object(line) for line in lines])
        where = f"line {error.lineno}"
        raise UnreadableFileError(
            f"it is not JSON: {error.msg} at {where}", "export it again"
        ) from None


def _object(line: str) -> object:
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


def _references(text: str) -> Iterator[LocatedRecord]:
    """Yield one identifier a line, or the problem of a line without one."""
    for number, line in enumerate(text[:_REFERENCES_LIMIT].splitlines(), 1):
        if line := one_line(line)[:300]:
            yield f"line {number}", _reference(line)


def _reference(line: str) -> Record | str:
    try:
        key = key_from_reference(line)
    except InputError as error:
        return _identifiers_in(line) or error.message
    if arxiv_id(line):
        return {"arxiv_id": line}
    return {"pmid" if pubmed_key(key) == key else "doi": line}


def _identifiers_in(line: str) -> Record:
    """Return the identifiers among other words, as in a list of references."""
    match = _DOI.search(line)
    names = {
        "arxiv_id": arxiv_in([line]),
        "doi": match[0] if match else "",
        "pmid": noted_pmid(line),
    }
    return {name: text for name, text in names.items() if text}


# The first line of an entry in each format, and the reader of the format.
Reader = Callable[[str], Iterable[LocatedRecord]]
_MARKS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(r"^\ufeff?[^\S\n]*@[A-Za-z]+\s*[{(]", re.MULTILINE), _bibtex),
    (re.compile(r"^\ufeff?[^\S\n]*TY\s{1,2}-", re.MULTILINE), _read_ris),
    (re.compile(r"^\ufeff?PMID ?-\s*[0-9]", re.MULTILINE), _by_lines(read_nbib)),
    (re.compile(r"^\ufeff?%[0TA]\s", re.MULTILINE), _by_lines(read_enw)),
    (
        re.compile(r"^\ufeff?(?:FN (?:Clarivate|Thomson|ISI)|PT [A-Z]$)", re.MULTILINE),
        _by_lines(read_wos),
    ),
)
# Other text files, by their first lines.
_OTHER_TEXTS = (
    (re.compile(r"\A\s*RT [A-Z]"), "RefWorks’ tagged format", "export it as RIS or BibTeX"),
    (re.compile(r"\A\s*(?:#[^\n]*\n)*cff-version:"), "a CITATION.cff file", EXPORT),
    (re.compile(r"\A\s*LEADER |\A=LDR "), "MARC", EXPORT),
    (re.compile(r"\A---\s*\n(?:references|bibliography):"), "YAML", EXPORT),
    (
        re.compile(r"\A\{\\rtf"),
        "a rich text document",
        "save it as plain text, BibTeX or RIS",
    ),
)
_TABLES = (".csv", ".tsv", ".tab")
_BY_NAME: Mapping[str, Reader] = {
    ".bib": _bibtex,
    ".bibtex": _bibtex,
    ".ris": _read_ris,
    ".nbib": _by_lines(read_nbib),
    ".enw": _by_lines(read_enw),
    ".ciw": _by_lines(read_wos),
    ".isi": _by_lines(read_wos),
    ".json": _json,
}
