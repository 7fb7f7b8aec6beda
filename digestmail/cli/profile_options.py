"""The options that describe a profile and a schedule: one table for all commands that take them."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Annotated, Any

import typer

from digestmail.domain import FIELDS, Field, FieldKind
from digestmail.errors import InputError
from digestmail.steps.subscribers.field_parsers import parse_weekdays


def _option(field: Field) -> Any:
    kind = bool if field.kind is FieldKind.YES_NO else str
    return Annotated[
        kind | None, typer.Option(field.option, help=field.help, metavar=field.metavar)
    ]


_FILE_OF_PAPERS = Annotated[
    Path | None,
    typer.Option(
        "--seeds",
        help="File of papers they like: BibTeX, RIS, a Zotero export, CSL JSON, CSV or OPML.",
    ),
]
_WEEKLY = Annotated[
    str | None,
    typer.Option(
        "--weekly",
        metavar="DAY",
        help="Send one digest a week on this day, with the best of the last seven days.",
    ),
]


def _options() -> Iterator[tuple[str, Any]]:
    """Yield each field's option by its parameter, then the one that sets the same field."""
    for name, field in FIELDS.items():
        yield name, _option(field)
        if name == "seed_papers":
            yield "seeds", _FILE_OF_PAPERS
        if name == "weekdays":
            yield "weekly", _WEEKLY


_OPTIONS: Mapping[str, Any] = dict(_options())


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen on the command line: texts by field, and the file of papers, if any."""

    texts: Mapping[str, str] = dataclass_field(default_factory=dict)
    seeds: Path | None = None


def with_profile_options(
    *fields: str,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command the options of some fields, of all if none is named.

    The command takes them together as ``choices``.
    """
    options = {name: _OPTIONS[name] for name in fields or _OPTIONS}

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        parameters = [p for name, p in signature.parameters.items() if name != "choices"]
        kind = inspect.Parameter.KEYWORD_ONLY
        added = [
            inspect.Parameter(name, kind, default=None, annotation=annotation)
            for name, annotation in options.items()
        ]

        def run(**values: Any) -> None:
            chosen = {name: values.pop(name) for name in options}
            command(**values, choices=_choices(chosen))

        run.__name__, run.__doc__ = command.__name__, command.__doc__
        keyword_only = [parameter.replace(kind=kind) for parameter in parameters]
        run.__signature__ = inspect.Signature([*keyword_only, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in [*parameters, *added]}
        return run

    return decorated


def _choices(values: Mapping[str, Any]) -> Choices:
    """Return the options that were used."""
    used = {name: value for name, value in values.items() if value is not None}
    seeds, day = used.pop("seeds", None), used.pop("weekly", None)
    texts = {name: FIELDS[name].text(value) for name, value in used.items()}
    if day is not None:
        if "weekdays" in texts:
            raise InputError("--weekly", "cannot be combined with --weekdays")
        if len(parse_weekdays(day)) != 1:
            raise InputError("--weekly", f"“{day[:20]}” is not a day. Write one such as fri")
        texts["weekdays"] = day
    return Choices(texts, seeds)
