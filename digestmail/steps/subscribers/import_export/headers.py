"""The header of a table: which row it is, and what columns hold whose names leave that open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from digestmail.errors import InputError
from digestmail.sources.arxiv.taxonomy import check_category
from digestmail.steps.subscribers.field_parsers import split_list
from digestmail.steps.subscribers.import_export.addresses import is_address_like
from digestmail.steps.subscribers.import_export.columns import (
    Column,
    Sign,
    is_doubtful,
    is_own_old_header,
    looks_like_status,
    tells_refusals,
    understand,
)
from digestmail.steps.subscribers.import_export.records import Interpreter
from digestmail.steps.subscribers.import_export.statuses import plain_words
from digestmail.tables import Row

_HEADER_WITHIN = 10  # rows; before it some programs write a title
_NO_ADDRESSES = (
    "has no column of email addresses; name it with --column “NAME=email”, or use a list with "
    "one address per line"
)


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a table's columns, and how many rows go before its people."""

    names: tuple[str, ...]
    rows: int
    notes: tuple[str, ...] = ()


def find_header(sample: Sequence[Row], interpreter: Interpreter) -> Header | None:
    """Return the header of a table by its first rows; None for a plain list.

    It is the row that names a column of addresses, else the row before the first address.
    InputError where no address is anywhere.
    """
    people = 0
    for index, row in enumerate(sample[:_HEADER_WITHIN]):
        people += any(map(is_address_like, row.cells))
        if people > 1:  # a title may hold one: "exported by"
            break
        if any(interpreter.column(name).field == "email" for name in row.cells):
            return _header_at(sample, index)
    first = next((i for i, row in enumerate(sample) if any(map(is_address_like, row.cells))), None)
    if first is None:
        raise InputError("file", _NO_ADDRESSES)
    if first == 0 or len(sample[first - 1].cells) != len(sample[first].cells):
        return None
    return _header_at(sample, first - 1)


def _header_at(sample: Sequence[Row], index: int) -> Header:
    """Return a row as a header; a column without a name gets a number."""
    cells = enumerate(sample[index].cells, 1)
    names = tuple(cell.strip() or f"column {place}" for place, cell in cells)
    note = f"{index} lines before the column names are ignored"
    return Header(names, index + 1, (note,) if index else ())


def settled_columns(
    header: Header, sample: Sequence[Row], interpreter: Interpreter
) -> dict[str, Column]:
    """Return those columns whose names alone do not tell what they hold, by name.

    What the operator said of a column is never changed.
    """
    rows = [row.cells for row in sample[header.rows :] if len(row.cells) >= len(header.names)]
    cells = {name: [row[place] for row in rows] for place, name in enumerate(header.names)}
    is_own = "excluded_categories" in header.names
    settled = {}
    for name in cells:
        if plain_words(name) not in interpreter.choices:
            column = _settled(interpreter.column(name), cells[name], is_own=is_own)
            if name.lower() == "name" and is_own_old_header(list(cells)):
                column = Column(name, "profile")
            settled[name] = column
    return settled | _address_column(cells, interpreter)


def _settled(column: Column, cells: Sequence[str], *, is_own: bool) -> Column:
    """Return what a column holds by its cells."""
    is_status = not is_doubtful(column) or looks_like_status(cells)
    is_subject = column.field != "categories" or is_own or _are_categories(cells)
    if not (is_status and is_subject):
        return Column(column.name)
    if not column.is_understood and tells_refusals(cells):
        return Column(column.name, sign=Sign.VALUE)
    return column


def _address_column(
    cells: Mapping[str, Sequence[str]], interpreter: Interpreter
) -> dict[str, Column]:
    """Return the one column of addresses, and the others of such names as passed over."""
    named = [name for name in cells if interpreter.column(name).field == "email"]
    chosen = [name for name in named if plain_words(name) in interpreter.choices]
    counts = {name: sum(map(is_address_like, cells[name])) for name in cells}
    likely = max(chosen or named or cells, key=lambda name: counts[name])
    if not chosen and not counts[likely]:
        likely = max(cells, key=lambda name: counts[name]) if any(counts.values()) else likely
    return {name: Column(name) for name in named} | {likely: Column(likely, "email")}


def _are_categories(cells: Sequence[str]) -> bool:
    """Return whether most are arXiv's: address books have categories, too, such as "Friends"."""
    known = unknown = 0
    for entry in (entry for cell in cells for entry in split_list(cell)):
        try:
            known += bool(check_category(entry))
        except InputError:
            unknown += 1
    return known >= unknown


def guesses(columns: Iterable[Column], settled: Mapping[str, Column]) -> list[str]:
    """Return what an operator should know of columns that are taken for more than their names say.

    ``settled``: the columns as ``settled_columns`` has them.
    """
    notes = []
    for column in columns:
        by_name = understand(column.name, {})
        if column.field == "keywords" and plain_words(column.name) not in ("keywords", "keyword"):
            notes.append(_guess(column, "keywords"))
        elif column == settled.get(column.name) and not by_name.is_understood:
            if column.sign is Sign.VALUE:
                notes.append(_guess(column, "the status"))
            elif column.field == "email":
                notes.append(_guess(column, "the address"))
    return notes


def _guess(column: Column, meaning: str) -> str:
    hint = f'--column "{column.name}=none"'
    return f"the column “{column.name}” is read as {meaning}; if it is something else: {hint}"
