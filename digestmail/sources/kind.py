"""A kind of source, as its module declares it, and the context in which sources are built."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from digestmail.domain import BadRecord, Clock, Paper, Source, SourceMemory
from digestmail.sources.http.client import WebClient
from digestmail.sources.options import Options


@dataclass(frozen=True, slots=True)
class PastDays:
    """A reader of single past days; ``last`` is the latest that it should read, None for any."""

    fetch: Callable[[date], Iterator[Paper | BadRecord]]
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """The surroundings that all sources of an installation share.

    ``public_web`` refuses private addresses. A relative path starts from ``folder``.
    ``expected_day`` returns the day (as in ``Paper.announced_on``) of arXiv's latest announcement
    that should be out by now.
    """

    web: WebClient
    public_web: WebClient
    folder: Path
    clock: Clock
    expected_day: Callable[[], date]


@dataclass(frozen=True, slots=True)
class Setup:
    """The values from which a kind builds one source; ``memory`` is the source's own to change."""

    name: str
    options: Options
    context: SourceContext
    memory: SourceMemory

    @property
    def web(self) -> WebClient:
        """The client for addresses that the program or the operator chose."""
        return self.context.web

    def today(self) -> date:
        """Return the date in UTC."""
        return self.context.clock().date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of source, declared at the end of its module and listed in ``registry``.

    ``options`` maps the name of each option to one line about it; the values of ``secrets`` are
    never displayed. ``check`` raises InputError for options that cannot work, without touching
    network or files; ``build`` may rely on it. ``key_prefix`` begins the keys of papers that have
    no identifier but the service's own, such as ``s2`` in ``s2:649def34``; no other kind may use
    it. ``path`` is the type of the path in the option of that name. ``past_days`` returns a reader
    of single past days, where the service has them.
    """

    name: str
    summary: str
    options: Mapping[str, str]
    check: Callable[[Options], object] = field(repr=False)
    build: Callable[[Setup], Source] = field(repr=False)
    key_prefix: str = ""
    secrets: frozenset[str] = frozenset()
    path: Literal["", "file", "folder"] = ""
    past_days: Callable[[Setup], PastDays] | None = field(default=None, repr=False)
