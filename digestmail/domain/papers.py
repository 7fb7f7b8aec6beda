"""Papers and the sources they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from digestmail.domain.lines import WrittenLine
from digestmail.domain.stored import Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper(Stored):
    """One work, under one canonical key, whatever the source, version or cross-list.

    ``key`` is ``arxiv:<id without version>``, else ``doi:<lower case>``, else ``<source>:<id>``.
    ``aliases`` are other keys of the same work that the record tells, such as the DOI of the
    journal version of a preprint. ``id`` and ``first_seen_at`` are given by the store; "new"
    always means ``first_seen_at``. ``written`` is not stored with a paper, see ``Lines``.
    Texts hold no control characters and no markup; LaTeX stays as its authors wrote it.
    """

    key: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()  # the first is the primary one
    url: str = ""  # the abstract page: http, https or empty
    doi: str = ""
    aliases: tuple[str, ...] = ()
    upvotes: int = 0  # of readers elsewhere, as last seen
    summary: str = ""  # one or two sentences that a source brought, extracted or machine-written
    summary_source: str = ""  # the name of that source for a reader; empty without a summary
    pdf_url: str = ""  # like all addresses: http, https or empty
    code_url: str = ""  # a repository
    project_url: str = ""  # a page of its authors about it
    written: WrittenLine | None = None  # in the language of the reader it is shown to
    version: int = 1
    published_at: datetime | None = None
    updated_at: datetime | None = None
    announced_on: date | None = None
    source: str = ""
    first_seen_at: datetime | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be made a Paper: where it stood and what is wrong with it."""

    where: str  # "line 12", "entry oai:arXiv.org:2508.13426v1"
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpec:
    """The name, options and polling interval of one configured source."""

    name: str
    kind: str
    options: Mapping[str, str] = field(default_factory=dict)
    every_minutes: int = 60
    enabled: bool = True


class BatchState(StrEnum):
    """The state of a day's announcement."""

    OPEN = "open"  # expected or coming in, and not known to be whole
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"  # the cut-off passed before it was known to be whole
    QUIET = "quiet"  # nothing was announced, and nothing should have been


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The announcement of a source for one day. ``reason`` explains its state; may be empty."""

    source: str
    day: date  # as in Paper.announced_on
    state: BatchState
    reason: str = ""


@dataclass(slots=True)
class SourceMemory:
    """The state that a source keeps from one fetch to the next, and its news of batches.

    ``values`` are the source's own, as JSON knows them; a source changes them only after it has
    yielded what they vouch for. ``batches`` are those it has something to say of in this fetch.
    """

    values: dict[str, Any] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """The result of one fetch of one source."""

    source: str
    new: int = 0
    updated: int = 0
    known: int = 0
    bad: tuple[BadRecord, ...] = ()
    error: str = ""  # empty when the fetch succeeded
    waiting: bool = False  # for the rest of a batch: ask again soon
    failures: int = 0  # in succession, this one included; 0 when it succeeded
    failing_since: datetime | None = None  # the first of them; after a success, of those it ended

    @property
    def fetched(self) -> int:
        """Return the number of records read, bad ones included."""
        return self.new + self.updated + self.known + len(self.bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A configured source with what is known of its last fetches."""

    spec: SourceSpec
    next_fetch_at: datetime | None = None
    last_fetch_at: datetime | None = None
    last_new_at: datetime | None = None
    last_report: SourceReport | None = None
    papers: int = 0
    failures: int = 0  # in succession
    failing_since: datetime | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)  # see SourceMemory.values
