"""Records of directories, made people and works with plain texts."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time

from digestmail.domain import Paper, Person, PersonId, Work
from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.paper import RecordError
from digestmail.sources.services.json_api import JsonObject, as_object, as_text

TITLES = 5  # of a person's latest works, enough to recognise oneself
FIELDS = 5  # of a person's subjects
_TEXT_LIMIT = 300  # characters of a name, institution, field or title


def plain(value: object) -> str:
    """Return the plain text of a value, empty where it is no string."""
    return clean(as_text(value)[: _TEXT_LIMIT * 5])[:_TEXT_LIMIT].rstrip()


def plain_texts(values: object, limit: int) -> tuple[str, ...]:
    """Return the first texts of a list, each once; none where it is no list."""
    texts = (plain(value) for value in values) if isinstance(values, list | tuple) else ()
    return tuple(dict.fromkeys(filter(None, texts)))[:limit]


def listed(value: object) -> list[object]:
    """Return the items of a list; of any other value but None, a list of it alone."""
    return value if isinstance(value, list) else [] if value is None else [value]


def works_of(
    rows: Iterable[object], read: Callable[[JsonObject], Work | None], since: date
) -> list[Work]:
    """Return the works of rows that were published since a day, newest first.

    A row that cannot be used is passed over: one bad record must not cost a person's works.
    """
    works = []
    for row in rows:
        try:
            work = read(as_object(row))
        except RecordError:
            continue
        if work and is_since(work, since):
            works.append(work)
    return newest_first(works)


def is_since(work: Work, since: date) -> bool:
    """Return whether a work was published since a day, or in its year where no day is known."""
    published = work.paper.published_at
    return published.date() >= since if published else work.year >= since.year


def newest_first(works: Iterable[Work]) -> list[Work]:
    """Return works by their day of publication; one of a year only stands at the year's start."""
    return sorted(works, key=_published, reverse=True)


def _published(work: Work) -> datetime:
    first = datetime.combine(date(max(1, min(work.year, 9998)), 1, 1), time(), UTC)
    return work.paper.published_at or first


def work(paper: Paper, authors: Iterable[tuple[str, Iterable[PersonId | None]]], year: int) -> Work:
    """Return a work with its authors, each a name and the ids that are known."""
    people = (Person(name=name, ids=tuple(filter(None, ids))) for name, ids in authors if name)
    published = paper.published_at
    return Work(paper=paper, authors=tuple(people), year=published.year if published else year)


def year_of(value: object) -> int:
    """Return a year that a directory sent as a number or text; 0 where it is none."""
    digits = str(value) if isinstance(value, int | str) else ""
    is_year = len(digits) == 4 and digits.isascii() and digits.isdigit()
    return int(digits) if is_year else 0


def count_of(value: object) -> int:
    """Return a count that a directory sent; 0 where it is none."""
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else 0
