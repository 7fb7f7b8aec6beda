"""Records of BibTeX, as reference managers and Google Scholar write it.

``keywords`` are left aside: they are no categories of a source, and a paper that named them as such
would be hidden from all who chose categories.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence

from bibtexparser.entrypoint import parse_string
from bibtexparser.model import (
    Block,
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ParsingFailedBlock,
    String,
)

from digestmail.sources.files.bibtex_names import names_in
from digestmail.sources.files.bibtex_values import Values
from digestmail.sources.files.zotero import noted_pmid
from digestmail.sources.normalise.dates import iso_day, month_number
from digestmail.sources.normalise.identifiers import arxiv_id
from digestmail.sources.normalise.paper import LocatedRecord, Record
from digestmail.text import one_line

logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # its results have the same

_VOLUMES = ("proceedings", "mvproceedings", "book", "mvbook", "collection", "mvcollection", "xdata")
_ARXIV = re.compile(r"\b(?:arxiv:\s?|abs/)(\S{6,30}\d)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([_%&#~{}])")
_URL = re.compile(r"\\url\s*\{([^{}]*)\}")
_MACRO = re.compile(r"(?:\\(?:[A-Za-z]+\s*|[^A-Za-z\s]\s?)|[_^\]}])\Z")
# Before the first field of an entry, where EndNote and others write no key.
_KEYLESS = re.compile(
    r"(?P<start>^[^\S\n]*@(?!(?:string|comment|preamble)\b)[A-Za-z]+\s*[{(])"
    r"(?=\s*[A-Za-z][\w-]{0,40}\s*=\s*[\"{\w])",
    re.MULTILINE | re.IGNORECASE,
)
# How Zotero and Mendeley write the marks of HTML's tags.
_ANGLES = re.compile(r"\{?\\text(?P<name>less|greater)(?:\{\}|\s?(?=\})|\b ?)\}?")


def read_bibtex(text: str) -> Iterator[LocatedRecord]:
    """Yield each entry of ``text``: its line, and its record or its problem.

    LaTeX stays in titles and abstracts, without the braces that only keep capitals; names are made
    readable. ``@string`` is understood. Volumes that others refer to are no papers.
    """
    text = _KEYLESS.sub(r"\g<start>-,", text)
    blocks = [_unwrapped(block) for block in parse_string(text, parse_stack=[]).blocks]
    values = Values.of(block for block in blocks if isinstance(block, String))
    entries = [(block, _fields(block, values)) for block in blocks if isinstance(block, Entry)]
    volumes = {fields.get("crossref", "").strip().lower() for _, fields in entries} - {""}
    located = [
        (entry.start_line or 0, _record(fields))
        for entry, fields in entries
        if not (entry.key.lower() in volumes and entry.entry_type.lower() in _VOLUMES)
    ]
    located += [
        (b.start_line or 0, _problem(b)) for b in blocks if isinstance(b, ParsingFailedBlock)
    ]
    for line, record in sorted(located, key=lambda item: item[0]):
        yield f"line {line + 1}", record


def _fields(entry: Entry, values: Values) -> dict[str, str]:
    """Return the fields by their names in lower case; of two of one name the last."""
    fields: dict[str, str] = {}
    for field in entry.fields:
        fields |= values.fields_in(field.key.lower(), str(field.value))
    return fields


def _unwrapped(block: Block) -> Block:
    """Return the entry in a block that repeats a name or a field."""
    if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
        return block.ignore_error_block or block
    return block


def _problem(block: ParsingFailedBlock) -> Record | str:
    detail = one_line(getattr(block.error, "abort_reason", "") or str(block.error))
    return f"it is not BibTeX: {detail[:200]}"


def _record(fields: Mapping[str, str]) -> Record | str:
    return {
        "title": _title(fields),
        "abstract": _markup(fields.get("abstract", "")),
        "authors": names_in(fields.get("author", "")),
        "arxiv_id": _arxiv(fields),
        "doi": _plain(fields.get("doi", "")),
        "pmid": _pmid(fields),
        "url": _plain(fields.get("url", "")),
        "categories": fields.get("primaryclass", ""),
        "published": _published(fields),
    }


# --- fields ----------------------------------------------------------------------------------


def _title(fields: Mapping[str, str]) -> str:
    title = _markup(fields.get("title", ""))
    subtitle = _markup(fields.get("subtitle", ""))
    return f"{title.rstrip(' .:')}: {subtitle}" if title and subtitle else title


def _markup(text: str) -> str:
    text = _ANGLES.sub(lambda match: "<" if match["name"] == "less" else ">", text)
    return unbraced(text)


def _arxiv(fields: Mapping[str, str]) -> str:
    """Return the arXiv id in eprint, or where Google Scholar and DBLP put it."""
    eprint = _plain(fields.get("eprint", ""))
    if arxiv_id(eprint):
        return eprint
    for name in ("journal", "journaltitle", "volume", "note", "howpublished", "number", "arxivid"):
        text = _plain(fields.get(name, ""))[:500]
        match = _ARXIV.search(text)
        if match and arxiv_id(match[1]):
            return match[1]
        if name == "arxivid" and arxiv_id(text):
            return text
    return ""


def _pmid(fields: Mapping[str, str]) -> str:
    """Return the PubMed id of its own field, of biblatex's eprint, or of a note."""
    kind = (fields.get("eprinttype", "") or fields.get("archiveprefix", "")).strip(" {}").lower()
    for name in ("pmid", "pubmed", "pubmedid", "pubmed_id", "pubmed-id", "eprint"):
        text = _plain(fields.get(name, ""))
        if text and (name != "eprint" or kind in ("pubmed", "pmid", "medline")):
            return noted_pmid(text) or text
    notes = (noted_pmid(fields.get(name, "")) for name in ("note", "annote", "extra"))
    return next(filter(None, notes), "")


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", _URL.sub(r"\1", text)).strip(" {}\n\t")


def _published(fields: Mapping[str, str]) -> str:
    """Return the date in ISO 8601, empty where no month is known: a year says too little."""
    date, year = fields.get("date", "").strip(" {}"), fields.get("year", "")
    if day := iso_day(date.partition("/")[0]):  # biblatex writes spans of time with a slash
        return day
    if day := iso_day(year.strip(" {}")):
        return day
    words = fields.get("month", "").replace("~", " ")
    name = re.search(r"[A-Za-z]{3,}|\b[0-9]{1,2}\b", words)
    number = re.search(r"[0-9]{4}", year or date)
    month = month_number(name[0]) if name else 0
    if not (number and month):
        return ""
    in_month = re.search(r"\b[0-9]{1,2}\b", words) if name and name[0].isalpha() else None
    day_found = re.fullmatch(r"\s*\{?([0-9]{1,2})\}?\s*", fields.get("day", "")) or in_month
    day_number = int(day_found[day_found.lastindex or 0]) if day_found else 1
    return f"{number[0]}-{month:02}-{day_number:02}"


# --- braces ----------------------------------------------------------------------------------


def unbraced(text: str) -> str:
    r"""Return ``text`` without the braces that only protect capitals: ``{BERT}``, not ``{\"o}``.

    Braces in formulas, after a macro, and around one are LaTeX's own and stay.
    """
    dropped: set[int] = set()
    opened: list[int] = []
    in_math = False
    for at, character in enumerate(text):
        if character not in "${}" or _is_escaped(text, at):
            continue
        if character == "$":
            in_math = not in_math
        elif character == "{":
            opened.append(-1 if in_math or _is_latex(text, at) else at)
        elif opened and (start := opened.pop()) >= 0:
            dropped |= {start, at}
    return "".join(c for at, c in enumerate(text) if at not in dropped)


def _is_escaped(text: Sequence[str], at: int) -> bool:
    slashes = 0
    while at > slashes and text[at - slashes - 1] == "\\":
        slashes += 1
    return slashes % 2 == 1


def _is_latex(text: str, at: int) -> bool:
    """Return whether the brace at ``at`` is a macro's: around it, or the start of its argument."""
    return text[at + 1 : at + 2] == "\\" or bool(_MACRO.search(text, max(0, at - 30), at))
