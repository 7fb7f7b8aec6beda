"""The options that describe a profile and a schedule: one table for all commands that take them."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from digestmail.errors import InputError
from digestmail.steps.subscribers.validation import weekdays, yes_no


def _text(flag: str, help_text: str, metavar: str | None = None) -> Any:
    return Annotated[str | None, typer.Option(flag, help=help_text, metavar=metavar)]


# The fields of profiles and schedules, each with its option.
_OPTIONS: Mapping[str, Any] = {
    "name": _text("--name", "The profile's name."),
    "keywords": _text("--keywords", "By commas; in double quotes they match exactly."),
    "required_keywords": _text("--require", "Keywords of which a paper must have one."),
    "excluded_keywords": _text("--exclude", "Keywords that must not appear."),
    "interests": _text("--interests", "What they work on, in their own words."),
    "categories": _text("--categories", "Only these, such as cs.CL or math."),
    "excluded_categories": _text("--exclude-categories", "Categories that must not appear."),
    "authors": _text("--authors", "Authors to follow, separated by semicolons."),
    "seed_papers": _text("--seed-papers", "Papers they like: arXiv ids, DOIs, links."),
    "seeds": Annotated[
        Path | None,
        typer.Option(
            "--seeds",
            help="Papers they like, as a file: BibTeX, RIS, a Zotero export, CSL JSON, CSV;"
            " or OPML.",
        ),
    ],
    "max_papers": _text("--max-papers", "At most so many papers in a digest, 1 to 50."),
    "threshold": _text("--threshold", "The least score, 0 to 1; lower brings more."),
    "hour": _text("--hour", "Hour of the day, 0 to 23."),
    "timezone": _text("--timezone", "A name such as Europe/Rome."),
    "weekdays": _text("--weekdays", "The days with a digest: mon-fri, or daily."),
    "weekly": _text(
        "--weekly", "One digest a week, with the best of seven days, on this day.", "DAY"
    ),
    "wait_hours": _text("--wait", "How long to wait when papers are late, 0 to 11 hours.", "HOURS"),
    "send_empty": Annotated[
        bool | None,
        typer.Option(
            "--send-empty/--no-send-empty", help="Tell by mail why a day brings no papers."
        ),
    ],
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen on the command line: texts by field, and the file of papers, if any."""

    texts: Mapping[str, str] = field(default_factory=dict)
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
    texts = {n: yes_no(value) if isinstance(value, bool) else value for n, value in used.items()}
    if day is not None:
        if "weekdays" in texts:
            raise InputError("--weekly", "cannot be combined with --weekdays")
        if len(weekdays(day)) != 1:
            raise InputError("--weekly", f"“{day[:20]}” should be one day, such as fri")
        texts["weekdays"] = day
    return Choices(texts, seeds)
