"""Papers in the store: one row for one key, first seen once."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, repeat
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, or_, select, text, update
from sqlmodel import Session

from digestmail.domain import Paper
from digestmail.store.database import Database
from digestmail.store.line_tables import WRITTEN_LINE
from digestmail.store.paper_identity import names_of
from digestmail.store.sql import MOST_VALUES, all_rows, chunks, upsert
from digestmail.store.tables import (
    DELETED_NAME,
    PAPER,
    PAPER_FEATURE,
    PAPER_NAME,
    PaperRow,
)

SEEDS = "seeds"  # the source of papers that came because a profile names them
UPLOADS = "uploads"  # the source of papers that only a reader's own file tells of: theirs alone
NO_NEWS = 0  # the arrival of papers that never were news
_NEWS = timedelta(days=14)  # a paper that old is none, whoever brings it
_OLD = timedelta(days=365)  # first seen so long ago, a paper that comes again is nobody's news
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)  # what SQLite takes for lower case
_LINKS = ("pdf_url", "code_url", "project_url")
_SUMMARY = ("summary", "summary_source")  # which come and stay together
_GAPS = ("abstract", "authors", "doi", "summary", *_LINKS)  # what a later record may add
_VALUES = ("title", "abstract", "url", "doi", "version", "published_at", "updated_at", *_LINKS)


@dataclass(frozen=True, slots=True)
class Added:
    """Counts of a batch of stored papers; ``known`` ones brought nothing new."""

    new: int = 0
    updated: int = 0
    known: int = 0


class Papers:
    """All papers ever ingested."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, papers: Sequence[Paper], now: datetime, *, news: bool = True) -> Added:
        """Store a batch in one transaction; a paper met again may only become newer.

        A paper is met again when any of its names is known (see ``identity``), whatever source
        or key it comes under; it keeps the key it was first seen by. New papers get the next
        arrivals, unless they are no ``news``, as those of past days.
        """
        with self._database.writing() as session:
            arrivals = _next_arrivals(session)
            works = _works(session, papers)
            stored = papers_by_id(session, [w.paper_id for w in works if w.paper_id], lock=True)
            unknown = [work for work in works if not work.paper_id]
            deleted = _deleted_before(session, unknown)
            fresh = [work for work in unknown if work not in deleted]
            new = _insert(session, fresh, now, arrivals if news else repeat(NO_NEWS))
            new += _insert(session, deleted, now - _OLD, repeat(NO_NEWS))
            newer = 0
            for work in works:
                old = stored.get(work.paper_id) if work.paper_id else None
                if old is not None and _is_newer(work.paper, old):
                    changes = _changes(old, work.paper)
                    session.execute(update(PAPER).where(PAPER.c.id == old.id).values(changes))
                    if (changes["title"], changes["abstract"]) != (old.title, old.abstract):
                        _forget_features(session, old)
                    newer += 1
                if old is not None and _was_only_a_seed(old, work.paper, now):
                    seen = {"first_seen_at": now, "source": work.paper.source}
                    change = update(PAPER).where(PAPER.c.id == old.id)
                    session.execute(change.values(seen | {"arrival": next(arrivals)}))
            _keep_names(session, works)
        return Added(new, newer, len(papers) - new - newer)

    def by_titles(self, titles: Collection[str]) -> dict[str, Paper]:
        """Return the stored papers with these titles, by their titles' ``casefold``.

        The case of letters makes no difference, on SQLite that of A to Z. Looks at every paper.
        """
        papers: dict[str, Paper] = {}
        title = PAPER.c.title
        with self._database.reading() as session:
            for chunk in chunks(sorted(titles), MOST_VALUES // 3):
                lower = {each.lower() for each in chunk}
                lower |= {each.translate(_LOWER) for each in chunk}
                query = select(PAPER).where(or_(func.lower(title).in_(lower), title.in_(chunk)))
                rows = all_rows(session, query.where(PAPER.c.source != UPLOADS), PaperRow)
                papers |= {row.title.casefold(): paper_of(row) for row in rows}
        return papers

    def seen_after(self, since: datetime) -> list[Paper]:
        """Return the papers first seen after an instant, in order of first sight."""
        query = select(PAPER).where(PAPER.c.first_seen_at > since)
        return self._all(query.order_by(PAPER.c.first_seen_at, PAPER.c.id))

    def news(self, since: datetime) -> list[tuple[int, Paper]]:
        """Return the papers since the first one seen after an instant, with their arrivals.

        In order of arrival. One whose time is older, as by a clock that was wrong, is among them.
        Those that never were news come first, if their time is after the instant.
        """
        recent = PAPER.c.first_seen_at > since
        first = select(func.min(PAPER.c.arrival)).where(recent, PAPER.c.arrival > NO_NEWS)
        query = select(PAPER).where(
            or_(
                PAPER.c.arrival >= first.scalar_subquery(),
                and_(PAPER.c.arrival == NO_NEWS, recent),
            )
        )
        ordered = query.order_by(PAPER.c.arrival, PAPER.c.first_seen_at, PAPER.c.id)
        with self._database.reading() as session:
            rows = all_rows(session, ordered, PaperRow)
            return [(row.arrival, paper_of(row)) for row in rows]

    def by_keys(self, keys: Collection[str]) -> dict[str, Paper]:
        """Return the stored papers of these keys, or of other names that a paper has."""
        with self._database.reading() as session:
            ids = dict(_known_names(session, sorted(keys)))
            papers = papers_by_id(session, list(ids.values()))
        return {name: papers[paper_id] for name, paper_id in ids.items() if paper_id in papers}

    def by_ids(self, ids: Iterable[int]) -> dict[int, Paper]:
        """Return the stored papers of these ids."""
        with self._database.reading() as session:
            return papers_by_id(session, list(ids))

    def before(self, moment: datetime, limit: int) -> list[Paper]:
        """Return the last ``limit`` papers first seen at or before an instant, newest first."""
        query = select(PAPER).where(PAPER.c.first_seen_at <= moment, PAPER.c.source != UPLOADS)
        return self._all(query.order_by(PAPER.c.first_seen_at.desc(), PAPER.c.id).limit(limit))

    def features(self, kind: str, ids: Collection[int]) -> dict[int, bytes]:
        """Return the stored features of a kind of these papers, by id, where there are any."""
        features: dict[int, bytes] = {}
        columns = select(PAPER_FEATURE.c.paper_id, PAPER_FEATURE.c.data)
        with self._database.reading() as session:
            for chunk in chunks(sorted(ids), MOST_VALUES):
                named = PAPER_FEATURE.c.paper_id.in_(chunk), PAPER_FEATURE.c.kind == kind
                rows = session.execute(columns.where(*named))
                features |= {row.paper_id: row.data for row in rows}
        return features

    def without_feature(self, kind: str, newest: int) -> list[int]:
        """Return the ids of papers without a feature of a kind, the newest first.

        Only among the last ``newest`` ids: so it takes no longer as years go by.
        """
        featured = PAPER.outerjoin(
            PAPER_FEATURE,
            and_(PAPER_FEATURE.c.paper_id == PAPER.c.id, PAPER_FEATURE.c.kind == kind),
        )
        last = select(func.coalesce(func.max(PAPER.c.id), 0)).scalar_subquery()
        query = select(PAPER.c.id).select_from(featured).where(PAPER_FEATURE.c.paper_id.is_(None))
        query = query.where(PAPER.c.id > last - newest, PAPER.c.source != UPLOADS)
        with self._database.reading() as session:
            return list(session.execute(query.order_by(PAPER.c.id.desc())).scalars())

    def count_features(self, kind: str, ids: Collection[int]) -> int:
        """Return how many of these papers have a feature of a kind."""
        counted = select(func.count()).where(PAPER_FEATURE.c.kind == kind)
        with self._database.reading() as session:
            queries = (
                counted.where(PAPER_FEATURE.c.paper_id.in_(chunk))
                for chunk in chunks(sorted(ids), MOST_VALUES)
            )
            return sum(int(session.execute(query).scalar_one()) for query in queries)

    def keep_features(self, kind: str, data: Mapping[int, bytes]) -> None:
        """Store features of stored papers, by id, in place of earlier ones."""
        rows = [{"paper_id": key, "kind": kind, "data": value} for key, value in data.items()]
        if rows:
            with self._database.writing() as session:
                insertion = upsert(session, PAPER_FEATURE)
                insertion = insertion.on_conflict_do_update(
                    index_elements=["paper_id", "kind"], set_={"data": insertion.excluded.data}
                )
                session.execute(insertion, rows)

    def count_by_source(self) -> dict[str, int]:
        """Return how many papers each source saw first."""
        query = select(PAPER.c.source, func.count()).group_by(PAPER.c.source)
        with self._database.reading() as session:
            return dict(session.execute(query).all())

    def _all(self, query: Select[Any]) -> list[Paper]:
        with self._database.reading() as session:
            return [paper_of(row) for row in all_rows(session, query, PaperRow)]


def paper_of(row: PaperRow) -> Paper:
    """Return the Paper of a row."""
    return Paper(
        id=row.id,
        key=row.key,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        categories=tuple(row.categories),
        url=row.url,
        doi=row.doi,
        upvotes=row.upvotes,
        summary=row.summary,
        summary_source=row.summary_source,
        pdf_url=row.pdf_url,
        code_url=row.code_url,
        project_url=row.project_url,
        version=row.version,
        published_at=row.published_at,
        updated_at=row.updated_at,
        announced_on=row.announced_on,
        source=row.source,
        first_seen_at=row.first_seen_at,
    )


def row_of(paper: Paper, now: datetime, arrival: int = NO_NEWS) -> dict[str, object]:
    """Return the paper table's columns of a Paper first seen ``now``."""
    return {
        "key": paper.key,
        "upvotes": paper.upvotes,
        **{name: getattr(paper, name) for name in (*_VALUES, *_SUMMARY)},
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "announced_on": paper.announced_on,
        "source": paper.source,
        "first_seen_at": now,
        "arrival": arrival,
    }


@dataclass(slots=True, eq=False)
class _Work:
    """One work of a batch: its records merged, all its names, and its row if it has one."""

    number: int
    paper: Paper
    names: set[str]
    paper_id: int | None = None

    def order(self) -> int:
        """Return where the work stands in its batch."""
        return self.number

    def join(self, paper: Paper, names: Iterable[str]) -> None:
        """Take in another record of the work."""
        if _is_newer(paper, self.paper):
            self.paper = replace(self.paper, **_changes(self.paper, paper))
        self.names.update(names)


def _next_arrivals(session: Session) -> Iterator[int]:
    """Return the numbers of the next papers that come.

    One process at a time decides what is new and numbers it, on PostgreSQL by a lock until its
    commit; SQLite's writers always do. So who sees a number has seen all smaller ones.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('digestmail.papers'))"))
    last = session.execute(select(func.max(PAPER.c.arrival))).scalar() or NO_NEWS
    return count(last + 1)


def _works(session: Session, papers: Sequence[Paper]) -> list[_Work]:
    """Return the works of a batch, as if their records had come one by one."""
    works: list[_Work] = []
    by_name: dict[str, _Work] = {}
    for number, paper in enumerate(papers):
        names = names_of(paper)
        same = sorted({by_name[name] for name in names if name in by_name}, key=_Work.order)
        work = same[0] if same else _Work(number, paper, set())
        if not same:
            works.append(work)
        work.join(paper, names)
        for duplicate in same[1:]:  # two works until now, which this record makes one
            work.join(duplicate.paper, duplicate.names)
            works.remove(duplicate)
        by_name |= dict.fromkeys(work.names, work)
    for name, paper_id in _known_names(session, sorted(by_name)):
        work = by_name[name]
        work.paper_id = min(work.paper_id or paper_id, paper_id)
    return works


def _known_names(session: Session, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    for chunk in chunks(names, MOST_VALUES):
        query = select(PAPER_NAME.c.name, PAPER_NAME.c.paper_id)
        yield from session.execute(query.where(PAPER_NAME.c.name.in_(chunk)))


def papers_by_id(session: Session, ids: Collection[int], *, lock: bool = False) -> dict[int, Paper]:
    """Return the stored papers of these ids, locked until the end of the transaction if asked."""
    papers: dict[int, Paper] = {}
    for chunk in chunks(sorted(set(ids)), MOST_VALUES):
        query = select(PAPER).where(PAPER.c.id.in_(chunk)).order_by(PAPER.c.id)
        rows = all_rows(session, query.with_for_update() if lock else query, PaperRow)
        papers |= {row.id: paper_of(row) for row in rows}
    return papers


def _insert(
    session: Session, works: Sequence[_Work], now: datetime, arrivals: Iterator[int]
) -> int:
    if works:
        added = insert(PAPER).returning(PAPER.c.id, sort_by_parameter_order=True)
        rows = [row_of(work.paper, now, next(arrivals)) for work in works]
        ids = session.execute(added, rows).scalars()
        for work, paper_id in zip(works, ids, strict=True):
            work.paper_id = paper_id
    return len(works)


def _deleted_before(session: Session, works: Sequence[_Work]) -> list[_Work]:
    """Return the works that were stored once and deleted for their age; see ``Retention``."""
    hashes = {name_hash(name): work for work in works for name in work.names}
    deleted: dict[int, _Work] = {}
    for chunk in chunks(sorted(hashes), MOST_VALUES):
        query = select(DELETED_NAME.c.hash).where(DELETED_NAME.c.hash.in_(chunk))
        for known in session.execute(query).scalars():
            deleted[hashes[known].number] = hashes[known]
    return [deleted[number] for number in sorted(deleted)]


def name_hash(name: str) -> int:
    """Return 63 bits of a hash of a paper's name: an id of 8 bytes, without a personal secret."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


def _keep_names(session: Session, works: Sequence[_Work]) -> None:
    rows = [{"name": name, "paper_id": w.paper_id} for w in works for name in sorted(w.names)]
    if rows:
        session.execute(upsert(session, PAPER_NAME).on_conflict_do_nothing(), rows)


def _forget_features(session: Session, paper: Paper) -> None:
    """Delete what was computed of a paper's text; who finds it lacking computes it anew."""
    session.execute(delete(PAPER_FEATURE).where(PAPER_FEATURE.c.paper_id == paper.id))
    session.execute(delete(WRITTEN_LINE).where(WRITTEN_LINE.c.paper_id == paper.id))


def _is_newer(paper: Paper, old: Paper) -> bool:
    grew = set(paper.categories) - set(old.categories)
    adds = any(getattr(paper, name) and not getattr(old, name) for name in _GAPS)
    return bool(paper.version > old.version or grew or adds or paper.upvotes > old.upvotes)


def _was_only_a_seed(old: Paper, paper: Paper, now: datetime) -> bool:
    """Return whether a source announces a seed of a profile: to all other readers it is news."""
    recent = old.first_seen_at is not None and now - old.first_seen_at < _NEWS
    return old.source == SEEDS and paper.source != SEEDS and recent


def _changes(old: Paper, paper: Paper) -> dict[str, Any]:
    """Return what a record changes: its texts those of an older version or what was lacking.

    Categories and upvotes only gather.
    """
    first, second = (paper, old) if paper.version > old.version else (old, paper)
    changes = {name: getattr(first, name) or getattr(second, name) for name in _VALUES}
    summarised = first if first.summary else second
    added = [c for c in paper.categories if c not in old.categories]
    return {
        **changes,
        **{name: getattr(summarised, name) for name in _SUMMARY},
        "upvotes": max(paper.upvotes, old.upvotes),
        "authors": first.authors or second.authors,
        "categories": (*old.categories, *added),
    }
