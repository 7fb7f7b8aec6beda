"""What one row or object of a list says, by our names."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from digestmail.domain import SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.reading.citations import FORMULA
from digestmail.steps.subscribers.import_export.columns import Column, understand
from digestmail.steps.subscribers.import_export.statuses import plain_words

_ATTRIBUTES = frozenset(
    ["attributes", "attribs", "attrib", "custom fields", "merge fields", "metadata", "fields"]
)


@dataclass(frozen=True, slots=True)
class Record:
    """One row or object: ``values`` by field, every status that it tells.

    ``problem`` says why the row cannot be read; ``status_problem`` which word for a status is
    unknown: nobody of that address may then be added, whatever other rows say.
    """

    where: str
    values: Mapping[str, str] = field(default_factory=dict)
    statuses: tuple[SubscriberStatus, ...] = ()
    problem: str = ""
    status_problem: str = ""


@dataclass(slots=True)
class Interpreter:
    """Makes records of cells; remembers which columns were passed over.

    ``choices``: what the operator says that columns mean. ``columns``: as they are understood,
    by name; a caller that has seen the values may know better and set them.
    """

    choices: Mapping[str, str]
    columns: dict[str, Column] = field(default_factory=dict)
    passed_over: dict[str, None] = field(default_factory=dict)
    _values: dict[str, str] = field(default_factory=dict)
    _statuses: list[SubscriberStatus] = field(default_factory=list)

    def column(self, name: str) -> Column:
        """Return what a column means."""
        if name not in self.columns:
            self.columns[name] = understand(name, self.choices)
        return self.columns[name]

    def record(self, where: str, cells: Iterable[tuple[str, object]]) -> Record:
        """Return the record of named cells; of JSON they may be lists and objects too."""
        self._values, self._statuses = {}, []
        status_problem = ""
        try:
            for name, cell in cells:
                try:
                    self._read_cell(name, cell)
                except InputError as error:
                    if error.field != "status":
                        raise
                    hint = f'; if the column is not a status: --column "{name}=none"'
                    status_problem = f"{error}{hint}"
        except InputError as error:
            return Record(where, problem=str(error))
        return Record(where, self._values, tuple(self._statuses), status_problem=status_problem)

    def _read_cell(self, name: str, cell: object) -> None:
        column = self.column(name)
        if not column.is_understood and plain_words(name) in _ATTRIBUTES:
            for key, value in _attributes(name, cell).items():
                self._read_cell(key, value)
        elif not column.is_understood:
            if name not in self.passed_over and _text(cell).strip():
                self.passed_over[name] = None
        elif column.sign:
            if status := column.status_in(_text(cell)):
                self._statuses.append(status)
        elif column.field == "keywords" and plain_words(name) != "keywords":
            self._set("keywords", "\n".join(_tags(cell)))
        else:
            self._set(column.field, _as_typed(_text(cell)))

    def _set(self, name: str, text: str) -> None:
        if not text.strip():
            return
        both = (self._values.get(name, ""), text)
        joined = "\n".join(filter(None, both)) if name == "keywords" else both[0] or text
        self._values[name] = joined


def _attributes(name: str, cell: object) -> Mapping[str, object]:
    """Return the attributes that a cell holds as a JSON object, or that are one already."""
    if isinstance(cell, str) and cell.strip():
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            raise InputError(name, "is not JSON") from None
    return cell if isinstance(cell, Mapping) else {}


def _tags(cell: object) -> list[str]:
    """Return the tags of a cell: a JSON array, or by commas, in quotes or without."""
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        try:
            cell = json.loads(cell)
        except (ValueError, RecursionError):
            cell = str(cell).strip("[] ")
    if isinstance(cell, list):
        named = [tag.get("name", "") if isinstance(tag, dict) else tag for tag in cell]
        return [str(tag).strip() for tag in named]
    text = _text(cell)
    tags = next(csv.reader([text.replace("\n", ",")], skipinitialspace=True), [])
    return [tag.strip() for listed in tags for tag in listed.split(";")]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    if isinstance(value, Mapping):
        return json.dumps(value)
    return "" if value is None else str(value)


def _as_typed(cell: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
