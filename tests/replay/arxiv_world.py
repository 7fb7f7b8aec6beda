"""Some weeks of arXiv as they might have been: what was announced when, and what was edited.

All of it is invented, and the same each time for the same days. The announcements are as the feed
of their day has them, the changes of records as OAI-PMH shows them.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
OURS = ("cs.AI", "cs.LG", "stat.ML")
OAI_SHOWS = time(22, 30)  # in New York, on the evening of an announcement
LATE = time(9, 30)  # in New York, on the morning after, when all of arXiv is late
EDITS = time(15, 0, tzinfo=UTC)
HELD = timedelta(days=9)

_ELSEWHERE = ("cs.CV", "cs.CL", "eess.SP", "q-bio.NC")
_NAMES = ("Ada Kettle", "Bo Spout", "Cleo Infuser", "Dmitri Samovar", "Élise Théière", "Fu Gaiwan")
_ACTS = ("sleep", "geometry", "growth", "cost", "limits", "$\\ell_2$-norm")
_THINGS = ("teapots", "kettles", "strainers", "saucers & cups", "leaves", "whistles")
_OLD_WORKS = 60


@dataclass(frozen=True)
class Work:
    """A paper as its record has it at some time; ``updated`` is the day of a later version."""

    number: str
    title: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    created: date
    updated: date | None = None
    version: int = 1
    journal: str = ""


@dataclass(frozen=True)
class Change:
    """From ``at`` on, OAI-PMH shows this ``work``, or that its record is deleted."""

    at: datetime
    work: Work
    deleted: bool = False


@dataclass(frozen=True)
class Line:
    """One line of an announcement: ``kind`` is new, cross or replace."""

    kind: str
    work: Work


def new_york(day: date, at: time = time()) -> datetime:
    """An instant of a day in New York, in UTC."""
    return datetime.combine(day, at, NEW_YORK).astimezone(UTC)


@dataclass(frozen=True)
class Script:
    """The days that matter; papers bear the date of the morning after their evening."""

    history: date  # the first day there is
    first: date  # of the days that are replayed
    last: date
    holiday: date = date.min  # it has no papers, as the calendar tells
    deferred: date = date.min  # it has no papers, though it should
    late: date = date.min  # the announcement comes in the morning
    held: date = date.min  # it brings a paper that was held in moderation
    cross_listed: date = date.min  # it brings an old paper from elsewhere
    revised: date = date.min  # some of its papers have a second version on the day after

    def days(self) -> list[date]:
        """All from the first of the history to the day after the last, quiet ones too."""
        return [self.history + n * DAY for n in range((self.last - self.history).days + 2)]

    def announces(self, day: date) -> bool:
        """Whether papers bear this date."""
        return day.isoweekday() <= 5 and day not in (self.holiday, self.deferred)


@dataclass
class World:
    """Everything that is announced and changed."""

    script: Script
    announced: dict[date, list[Line]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.script.history.isoformat())
        self._number = 1000
        self._old = [self._old_work(n, OURS) for n in range(_OLD_WORKS)]
        for day in self.script.days():
            if self.script.announces(day):
                self._announce(day)
            self._edit(day)
        self.changes.sort(key=lambda change: (change.at, change.work.number))

    def news(self, categories: Iterable[str] = OURS) -> dict[str, date]:
        """The day on which each paper was announced as new or cross-listed to us, by its key."""
        return {
            f"arxiv:{line.work.number}": day
            for day, lines in self.announced.items()
            for line in lines
            if line.kind != "replace" and not set(categories).isdisjoint(line.work.categories)
        }

    # --- announcements -----------------------------------------------------------------------

    def _announce(self, day: date) -> None:
        news = [*self._released(day), *(self._new(day) for _ in range(self._pick(11, 16)))]
        lines = [
            *(Line("new", work) for work in news),
            *(Line("cross", work) for work in self._cross_listed(day)),
            *(Line("replace", work) for work in self._replaced(day)),
        ]
        self.announced[day] = lines
        late = day == self.script.late
        shown = new_york(day, LATE) if late else new_york(day - DAY, OAI_SHOWS)
        self.changes += [Change(shown, line.work) for line in lines]

    def _pick(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def _new(self, day: date) -> Work:
        self._number += self._pick(1, 40)
        primaries = self._random.choices((OURS, _ELSEWHERE), (3, 1))[0]
        return self._work(f"{day:%y%m}.{self._number:05}", day - self._pick(1, 3) * DAY, primaries)

    def _work(self, number: str, created: date, primaries: tuple[str, ...]) -> Work:
        pick = self._random
        primary = pick.choice(primaries)
        crosses = pick.sample(OURS if primary in OURS else (*OURS, "cs.RO", "math.ST"), 1)
        return Work(
            number=number,
            title=f"On the {pick.choice(_ACTS)} of {pick.choice(_THINGS)}: part <{number}>",
            authors=tuple(pick.sample(_NAMES, pick.randint(1, 4))),
            categories=tuple(dict.fromkeys((primary, *crosses))),
            created=created,
        )

    def _released(self, day: date) -> Iterator[Work]:
        """Its number is lower than those of the papers announced beside it."""
        if day == self.script.held:
            yield self._work(f"{day - HELD:%y%m}.00777", day - HELD, OURS)

    def _cross_listed(self, day: date) -> Iterator[Work]:
        if day == self.script.cross_listed:
            work = self._old_work(500, ("q-bio.NC",))
            yield replace(work, categories=("q-bio.NC", "cs.LG"))

    def _replaced(self, day: date) -> Iterator[Work]:
        """Two old papers, and some that were new on a day before."""
        for place in self._random.sample(range(_OLD_WORKS), 2):
            self._old[place] = self._renewed(self._old[place], day)
            yield self._old[place]
        young = self._recent(day, 5)
        if day - DAY == self.script.revised:
            young += [line.work for line in self.announced[self.script.revised][:4]]
        yield from (self._renewed(work, day) for work in young)

    def _renewed(self, work: Work, day: date) -> Work:
        return replace(work, updated=day - DAY, version=work.version + 1)

    # --- edits -------------------------------------------------------------------------------

    def _old_work(self, n: int, primaries: tuple[str, ...]) -> Work:
        created = self.script.history - (20 + n) * DAY
        return self._work(f"{created:%y%m}.{9000 + n:05}", created, primaries)

    def _recent(self, day: date, age: int) -> list[Work]:
        """The first paper of ``age`` days ago, in the days replayed."""
        then = day - age * DAY
        lines = self.announced.get(then, []) if then >= self.script.first else []
        return [line.work for line in lines if line.kind == "new"][:1]

    def _edit(self, day: date) -> None:
        """Metadata change on days of rest too: of old papers, in bulk on Sundays, and of new."""
        at = datetime.combine(day, EDITS)
        for place in self._random.sample(range(_OLD_WORKS), 12 if day.isoweekday() == 7 else 3):
            self._old[place] = replace(self._old[place], journal=f"J. Tea {day:%d} (2026)")
            self.changes.append(Change(at, self._old[place]))
        for work in self._recent(day, 2):
            self.changes.append(Change(at, replace(work, journal="J. Tea 1 (2026)")))
        gone = self._old_work(600 + day.day, OURS)
        self.changes.append(Change(at, gone, deleted=True))
