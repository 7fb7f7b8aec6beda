"""The kinds of sources there are: what each is told, whether that is right, how it is built."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from digestmail.domain import Source, SourceSpec
from digestmail.errors import InputError
from digestmail.sources.arxiv import BASE_URL, ArxivFeedSource
from digestmail.sources.file import READERS, FileSource, listed_kinds
from digestmail.sources.http import WebClient

Options = Mapping[str, str]

# The last part is an upper-case pair (cs.AI) or a word of three letters or more (physics.optics).
_CATEGORY = re.compile(r"[a-z]+(-[a-z]+)?(\.([A-Z]{2}|[a-z]{3,}|[a-z]+-[a-z]+))?")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source; ``options`` maps each option's name to one line about it."""

    summary: str
    options: Options
    check: Callable[[Options], None] = field(repr=False)
    build: Callable[[SourceSpec, WebClient, Path], Source] = field(repr=False)


def check(spec: SourceSpec) -> None:
    """Raise InputError where the source could not be built, or would certainly find nothing.

    Looks at the words only: touches neither network nor files.
    """
    if not _NAME.fullmatch(spec.name):
        raise InputError("name", f"“{spec.name}”: use lower-case letters, digits, “-”, “_” and “.”")
    kind = KINDS.get(spec.kind)
    if kind is None:
        raise InputError("kind", f"there is no kind “{spec.kind}”; there are {', '.join(KINDS)}")
    for option in spec.options:
        if option not in kind.options:
            known = ", ".join(kind.options)
            raise InputError(option, f"not an option of kind “{spec.kind}”, which has {known}")
    kind.check(spec.options)


def build(spec: SourceSpec, web: WebClient, folder: Path) -> Source:
    """The source of ``spec``; a relative file path is taken from ``folder``. Raises InputError."""
    check(spec)
    return KINDS[spec.kind].build(spec, web, folder)


def _required(options: Options, name: str) -> str:
    value = options.get(name, "").strip()
    if not value:
        raise InputError(name, "is missing")
    return value


def _is_yes(options: Options, name: str, *, default: bool) -> bool:
    value = options.get(name, "").strip().lower()
    if value not in ("", "yes", "no"):
        raise InputError(name, f"“{value}” is neither yes nor no")
    return value == "yes" if value else default


# --- file ------------------------------------------------------------------------------------


def _check_file(options: Options) -> None:
    path = _required(options, "path")
    if not path.isprintable() or Path(path).suffix.lower() not in READERS:
        raise InputError("path", f"{path!r} must be a file of kind {listed_kinds()}")


def _build_file(spec: SourceSpec, _web: WebClient, folder: Path) -> Source:
    return FileSource(folder / _required(spec.options, "path"), spec.name)


# --- arxiv -----------------------------------------------------------------------------------


def _check_arxiv(options: Options) -> None:
    _categories(options)
    _is_yes(options, "cross", default=True)
    _is_yes(options, "replacements", default=False)
    _base_url(options)


def _build_arxiv(spec: SourceSpec, web: WebClient, _folder: Path) -> Source:
    return ArxivFeedSource(
        _categories(spec.options),
        web,
        spec.name,
        _base_url(spec.options),
        include_cross=_is_yes(spec.options, "cross", default=True),
        include_replacements=_is_yes(spec.options, "replacements", default=False),
    )


def _categories(options: Options) -> tuple[str, ...]:
    given = _required(options, "categories").replace(",", " ").split()
    for category in given:
        if not _CATEGORY.fullmatch(category):
            raise InputError(
                "categories", f"“{category}” is no arXiv category such as cs.AI or astro-ph"
            )
    return tuple(dict.fromkeys(given))


def _base_url(options: Options) -> str:
    url = options.get("url", "").strip() or BASE_URL
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InputError("url", f"“{url}” is not a web address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("url", f"“{url}” is not an http or https address")
    return url


KINDS: Mapping[str, Kind] = {
    "arxiv": Kind(
        "arXiv's daily announcements",
        {
            "categories": "arXiv categories, separated by commas: cs.AI, stat.ML",
            "cross": "whether papers cross-listed to these categories count: yes (default) or no",
            "replacements": "whether new versions of older papers count: yes or no (default)",
            "url": f"where the Atom feeds are (default {BASE_URL})",
        },
        _check_arxiv,
        _build_arxiv,
    ),
    "file": Kind(
        "a file of records, read anew at each fetch",
        {"path": f"the file, one of {listed_kinds()}"},
        _check_file,
        _build_file,
    ),
}
