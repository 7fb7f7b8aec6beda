"""Files of subscribers as records: tables, JSON, plain lists of addresses, Sympa's dumps."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from json import JSONDecodeError
from typing import Any, NoReturn

from digestmail.domain import PROFILE_FIELDS, SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.subscribers.import_export.addresses import addresses_in, is_address_like
from digestmail.steps.subscribers.import_export.columns import (
    Column,
    is_doubtful,
    looks_like_status,
)
from digestmail.steps.subscribers.import_export.headers import (
    Header,
    find_header,
    guesses,
    settled_columns,
)
from digestmail.steps.subscribers.import_export.records import Interpreter, Record
from digestmail.steps.subscribers.import_export.statuses import REFUSALS, status_of
from digestmail.tables import Row, Table, decode_text, fit, read_table

LARGEST = 64_000_000  # bytes: a million rows of our own; memory is some six times as much
_SAMPLED_ROWS = 1_000  # that tell what doubtful columns hold
_MOST_NAMED = 25  # columns in one warning
_SHORTEST_STATUS = 4  # letters of a word that tells a status where no header says so
_SYMPA = re.compile(r"\A(?:\s*[a-z_]+ [^\n]*\n){0,20}\s*email\s+\S+@\S+\s*$", re.MULTILINE)
_SYMPA_FIELD = re.compile(r"^(?:gecos|date|update_date|reception|visibility)\s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SubscriberList:
    """The records of a file. ``warnings`` are complete once all records were read."""

    records: Iterator[Record]
    _notes: list[str] = field(default_factory=list)
    _interpreter: Interpreter | None = None

    @property
    def warnings(self) -> list[str]:
        """Return what an operator should know of how the file was understood."""
        names = list(self._interpreter.passed_over) if self._interpreter else []
        if not names:
            return self._notes
        unnamed = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        line = f"ignored, not recognised: {', '.join(names[:_MOST_NAMED])}{unnamed}"
        person = any(name.strip().lower() == "name" for name in names)
        hint = (
            "; “name” is the person's name: use a column “profile” for profiles" if person else ""
        )
        return [*self._notes, line + hint]


def read_list(data: bytes, choices: Mapping[str, str]) -> SubscriberList:
    """Return the subscribers that a file's ``data`` names.

    ``choices``: what columns mean, by name in plain words. InputError("file") where the file as a
    whole is not what it should be.
    """
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<?xml", b"<!doctype", b"<html")):
        raise InputError("file", "is a web page or XML; export it as CSV")
    if start.startswith(b"begin:vcard"):
        raise InputError("file", "is a vCard; export the contacts as CSV")
    if start.startswith(b"{\\rtf"):
        raise InputError("file", "is a formatted text (RTF); save it as CSV or plain text")
    if start.startswith((b"[", b"{")):
        return _read_json(data, choices)
    text = decode_text(data).text
    if _SYMPA.search(text) and _SYMPA_FIELD.search(text):
        return _read_sympa(text, choices)
    return _read_table(read_table(data), choices)


# --- tables ----------------------------------------------------------------------------------


def _read_table(table: Table, choices: Mapping[str, str]) -> SubscriberList:
    sample = list(islice(table.rows(), _SAMPLED_ROWS))
    if not sample:
        raise InputError("file", "is empty")
    interpreter = Interpreter(choices)
    notes = []
    if table.is_guessed:
        notes.append("is not UTF-8; read as Windows-1252. Check the letters, or save it as UTF-8")
    header = find_header(sample, interpreter)
    if header is None:
        return SubscriberList(_plain_records(table, sample, notes), notes)
    settled = settled_columns(header, sample, interpreter)
    interpreter.columns |= settled
    notes += [*header.notes, *guesses(interpreter.columns.values(), settled)]
    return SubscriberList(_table_records(table, header, interpreter), notes, interpreter)


def _table_records(table: Table, header: Header, interpreter: Interpreter) -> Iterator[Record]:
    names = header.names
    for row in islice(table.rows(), header.rows, None):
        fitted = fit(row, len(names))
        where = f"line {row.line}"
        if fitted.problem:
            yield Record(where, problem=fitted.problem)
        else:
            yield interpreter.record(where, zip(names, fitted.cells, strict=True))


def _plain_records(table: Table, sample: Sequence[Row], notes: list[str]) -> Iterator[Record]:
    """Return the addresses of a list without header; of what else stands there, refusals."""
    if any(len(row.cells) > 1 for row in sample):
        notes.append("has no column names: only addresses and their status are used")
    return _addresses(table)


def _addresses(table: Table) -> Iterator[Record]:
    for row in table.rows():
        where = f"line {row.line}"
        text = ", ".join(row.cells)
        addresses = addresses_in(text)
        statuses = tuple(filter(None, map(_refusal, row.cells)))
        if row.problem or not (addresses or text.lstrip().startswith("#")):
            yield Record(where, problem=row.problem or f"“{text[:40]}” contains no email address")
        for address in addresses:
            yield Record(where, {"email": address}, statuses)


def _refusal(cell: str) -> SubscriberStatus | None:
    try:
        status = status_of(cell) if len(cell.strip()) >= _SHORTEST_STATUS else None
    except InputError:
        return None
    return status if status in REFUSALS else None


# --- others ----------------------------------------------------------------------------------


def _read_sympa(text: str, choices: Mapping[str, str]) -> SubscriberList:
    """Return the people of a dump of Sympa: one field in each line, people between blank lines."""
    interpreter = Interpreter(choices)
    return SubscriberList(_sympa_records(text, interpreter), [], interpreter)


def _sympa_records(text: str, interpreter: Interpreter) -> Iterator[Record]:
    for number, stanza in enumerate(re.split(r"\n\s*\n", text.strip()), 1):
        fields = [line.strip().partition(" ") for line in stanza.splitlines()]
        plain = [(name, value.strip()) for name, _, value in fields]
        suspended = [("status", "paused")] if ("suspend", "1") in plain else []
        # "mail", "digest", "notice" and the like are ways to get mail; one way is to get none.
        # Who is no subscriber may get mail, too: other lists may be included.
        cells = [
            (name, value)
            for name, value in plain
            if (name != "reception" or value == "nomail") and name != "subscribed"
        ]
        yield interpreter.record(f"entry {number}", [*cells, *suspended])


def _read_json(data: bytes, choices: Mapping[str, str]) -> SubscriberList:
    people = _people(_json_content(decode_text(data).text))
    if people is None:
        raise InputError("file", "must contain an array of subscribers")
    interpreter = Interpreter(choices)
    objects = [person for person in people if isinstance(person, dict)]
    names = dict.fromkeys(name for person in objects for name in person)
    values = {n: [p[n] for p in objects if isinstance(p.get(n), str)] for n in names}
    for column in map(interpreter.column, names):
        if is_doubtful(column) and not looks_like_status(values[column.name]):
            interpreter.columns[column.name] = Column(column.name)
    if not any(interpreter.column(name).field == "email" for name in names):
        counts = {name: sum(map(is_address_like, values[name])) for name in names}
        likely = max(counts, key=lambda name: counts[name], default="")
        if counts.get(likely):
            interpreter.columns[likely] = Column(likely, "email")
    return SubscriberList(_json_records(people, interpreter), [], interpreter)


def _json_content(text: str) -> object:
    """Return the value of a JSON document, or the array of those that stand in a line each."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines] if len(lines) > 1 else _not_json(error)
        except (ValueError, RecursionError):
            return _not_json(error)


def _not_json(error: Exception) -> NoReturn:
    where = f"line {error.lineno}: {error.msg}" if isinstance(error, JSONDecodeError) else "nested"
    raise InputError("file", f"is not valid JSON ({where}); export it again or save it as CSV")


def _people(content: object, depth: int = 3) -> list[Any] | None:
    """Return the array of an export, which may lie within an object: ``{"data": {"results": …``."""
    if isinstance(content, list):
        return content
    if isinstance(content, dict) and depth:
        inner = (_people(value, depth - 1) for value in content.values())
        arrays = [array for array in inner if array and isinstance(array[0], dict | str)]
        return max(arrays, key=len, default=None)
    return None


def _json_records(people: Sequence[Any], interpreter: Interpreter) -> Iterator[Record]:
    for number, person in enumerate(people, 1):
        where = f"entry {number}"
        if isinstance(person, str):
            yield Record(where, {"email": person})
        elif not isinstance(person, dict):
            yield Record(where, problem="is not an object")
        elif "profiles" in person:
            yield from _own_records(where, person, interpreter)
        else:
            yield interpreter.record(where, person.items())


def _own_records(
    where: str, person: Mapping[str, Any], interpreter: Interpreter
) -> Iterator[Record]:
    """Return a record for each profile of a subscriber, as we export them."""
    profiles = person["profiles"] or [{}]
    if not isinstance(profiles, list) or not all(isinstance(p, dict) for p in profiles):
        yield Record(where, problem="must have its profiles in an array of objects")
        return
    fields = [(name, value) for name, value in person.items() if name != "profiles"]
    for profile in profiles:
        named = [(_column(name), value) for name, value in profile.items()]
        yield interpreter.record(where, [*fields, *named])


def _column(name: str) -> str:
    """Return the column that holds a profile's field; other names stand for themselves."""
    return PROFILE_FIELDS[name].column if name in PROFILE_FIELDS else name
