"""Tables of papers: the field of each column, by the names that programs and services use.

Known are Zotero, Scopus, Web of Science, PubMed, IEEE Xplore, Springer, Dimensions, Lens, OpenAlex,
Google Scholar, Mendeley and Citavi, and the plain words in a few languages.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from digestmail.sources.files.zotero import arxiv_in, noted_pmid
from digestmail.sources.normalise.dates import iso_day
from digestmail.sources.normalise.paper import LocatedRecord, Record
from digestmail.sources.normalise.placeholders import is_placeholder
from digestmail.tables import Row, Table, fit

_NAMES = {
    "title": """title;article title;document title;item title;paper title;display name;ti;titel
        ;titre;título;titulo;titolo;primary title;work title;标题;题名""",
    "authors": """author full names;author full name;af;authors;author;author(s);authors list
        ;author names;au;creators;creator;autor;autoren;auteur;auteurs;autor(es);autores;autore
        ;autori;authorships.author.display name;contributors;作者""",
    "abstract": """abstract;abstract note;ab;summary;zusammenfassung;résumé;resumen;resumo;riassunto
        ;摘要""",
    "doi": "doi;di;item doi;doi link;document doi;digital object identifier;doi number;dois",
    "pmid": "pmid;pubmed id;pubmedid;pm;pubmed;ids.pmid;medline id",
    "arxiv_id": "arxiv id;arxiv;arxiv number;eprint;archive location;archive id",
    "note": "extra;note;notes",
    "url": """url;link;urls;item url;source url;landing page url;article url;pdf link;fulltext link
        ;web address;external url""",
    "published": "published;publication date;date;date published;online publication date;pd;day",
    "categories": "categories;arxiv categories",
    "updated": "updated",
    "version": "version",
    "id": "id;key",
}
_FIELDS = {name.strip(): field for field, names in _NAMES.items() for name in names.split(";")}
_IDENTIFIERS = frozenset(["doi", "pmid", "arxiv_id"])
_PREAMBLE_LIMIT = 5  # rows in which services describe the file
_SCOPUS_ID = re.compile(r"\s*\([0-9]{6,}\)")


def header_of(rows: Sequence[Row]) -> tuple[int, dict[int, str]]:
    """Return which of the first rows is the header, and the field of each known column.

    No columns where none of the rows names a title or an identifier.
    """
    for at, row in enumerate(rows[: _PREAMBLE_LIMIT + 1]):
        columns: dict[int, str] = {}
        fields = [_FIELDS.get(_normal(cell), "") for cell in row.cells]
        for field in _NAMES:
            places = [place for place, name in enumerate(fields) if name == field]
            if places:
                columns[min(places, key=lambda p: _rank(row.cells[p], field))] = field
        if {"title", *_IDENTIFIERS} & set(columns.values()):
            return at, columns
    return 0, {}


def records_in(table: Table, *, own_ids: bool = False) -> Iterator[LocatedRecord] | None:
    """Return each row's line, and its record or its problem; None without a header.

    ``own_ids``: whether a column "id" identifies papers to others than the file's owner.
    """
    rows = list(table.rows())
    at, columns = header_of(rows)
    if not columns:
        return None
    return _records(rows[at + 1 :], len(rows[at].cells), columns, own_ids=own_ids)


def _records(
    rows: Sequence[Row], width: int, columns: Mapping[int, str], *, own_ids: bool
) -> Iterator[LocatedRecord]:
    for row in (fit(_padded(row, width), width) for row in rows):
        where = f"line {row.line}"
        if row.problem:
            yield where, f"it {row.problem}"
            continue
        cells = {field: row.cells[place].strip() for place, field in columns.items()}
        cells = {
            field: cell
            for field, cell in cells.items()
            if field == "title" or not is_placeholder(cell)
        }
        if not own_ids:
            cells.pop("id", None)
        yield where, _record(cells)


def _padded(row: Row, width: int) -> Row:
    """Return ``row`` with the empty cells at its end that spreadsheets leave out."""
    missing = width - len(row.cells)
    return row if row.problem or missing <= 0 else Row(row.line, (*row.cells, *[""] * missing))


def _record(cells: dict[str, str]) -> Record:
    note = cells.pop("note", "")
    places = (cells.get("arxiv_id", ""), note, cells.get("url", ""))
    record: dict[str, object] = {**cells, "arxiv_id": arxiv_in(places)}
    record["pmid"] = cells.get("pmid", "") or noted_pmid(note)
    if authors := cells.get("authors", ""):
        record["authors"] = _SCOPUS_ID.sub("", authors).replace("|", ";").replace("\n", "; ")
    if date := cells.get("published", ""):
        record["published"] = date if "T" in date else iso_day(date)
    return record


def _normal(name: str) -> str:
    return " ".join(name.strip().strip("\ufeff\"'").lower().replace("_", " ").split())


def _rank(name: str, field: str) -> int:
    names = [known.strip() for known in _NAMES[field].split(";")]
    return names.index(_normal(name))
