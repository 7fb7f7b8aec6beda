"""The shared state of relays for all senders of an installation: troubles and rate limits.

A relay goes by its name, ``host:port``. Troubles are notes, mails handed over are counters.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlmodel import Session

from digestmail.store.database import Database
from digestmail.store.keys import NoteName
from digestmail.store.service_tables import NOTE, RATE, NoteRow
from digestmail.store.sql import all_rows, first_row, upsert

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_SLICES = 24  # of a window, counted apart, so that it can slide
_LONGEST_QUEUE = timedelta(minutes=10)  # a turn later than that comes from a clock set back
_TROUBLE = NoteName.RELAY.of("")
_ALERT = NoteName.ALERT.value


class Relays:
    """Troubles, the alert that is owed for them, and the counters behind the rate limits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark_down(self, relay: str, trouble: str, now: datetime) -> bool:
        """Note a relay's trouble; return True, and an alert is owed, when it had none before."""
        values = {"name": _TROUBLE + relay, "value": trouble, "at": now}
        with self._database.writing() as session:
            noted = upsert(session, NOTE).values(values).on_conflict_do_nothing()
            if session.execute(noted.returning(NOTE.c.name)).first() is None:
                same = NOTE.c.name == _TROUBLE + relay
                session.execute(update(NOTE).where(same).values(value=trouble, at=now))
                return False
            _owe(session, f"{relay}: {trouble}", now)
        return True

    def mark_up(self, relay: str) -> bool:
        """Forget a relay's trouble; return False when there was none."""
        with self._database.writing() as session:
            gone = delete(NOTE).where(NOTE.c.name == _TROUBLE + relay).returning(NOTE.c.name)
            return session.execute(gone).first() is not None

    def trouble(self, relay: str) -> tuple[str, datetime] | None:
        """Return a relay's trouble, and when it was last seen."""
        with self._database.reading() as session:
            query = select(NOTE).where(NOTE.c.name == _TROUBLE + relay)
            row = first_row(session, query, NoteRow)
        return (row.value, row.at) if row else None

    def troubles(self, since: datetime) -> dict[str, str]:
        """Return the troubles seen since an instant, by relay."""
        query = select(NOTE).where(NOTE.c.name.startswith(_TROUBLE), NOTE.c.at >= since)
        with self._database.reading() as session:
            rows = all_rows(session, query.order_by(NOTE.c.name), NoteRow)
            return {row.name.removeprefix(_TROUBLE): row.value for row in rows}

    def owe_alert(self, text: str, now: datetime) -> None:
        """Note an alert that the operator has to get."""
        with self._database.writing() as session:
            _owe(session, text, now)

    def owed_alert(self) -> str:
        """Return the alert that the operator has not got yet; empty when there is none."""
        with self._database.reading() as session:
            text: str | None = session.execute(
                select(NOTE.c.value).where(NOTE.c.name == _ALERT)
            ).scalar()
        return text or ""

    def take_alert(self, text: str) -> bool:
        """Take on the sending of an alert; return False when another process has."""
        owed = delete(NOTE).where(NOTE.c.name == _ALERT, NOTE.c.value == text)
        with self._database.writing() as session:
            return session.execute(owed.returning(NOTE.c.name)).first() is not None

    def take(
        self, relay: str, per_second: int, per_hour: int, per_day: int, now: datetime
    ) -> float | datetime:
        """Count one mail to a relay; return the seconds to wait before it goes, if it may go.

        Otherwise the instant from which one may go again, and nothing is counted. A limit of 0
        is none. No hour and no day, whenever begun, sees more than its limit.
        """
        windows = [(per_hour, _HOUR), (per_day, _DAY)]
        limits = [(limit, window) for limit, window in windows if limit]
        with self._database.writing() as session:
            turn = _locked_turn(session, relay, now)
            opens = [_full_until(session, relay, limit, window, now) for limit, window in limits]
            if closed := [instant for instant in opens if instant is not None]:
                return max(closed)
            for _, window in limits:
                _count(session, relay, window, now)
            return _take_turn(session, relay, per_second, turn, now) if per_second else 0.0


def _owe(session: Session, text: str, now: datetime) -> None:
    values = {"name": _ALERT, "value": text, "at": now}
    owed = upsert(session, NOTE).values(values)
    both = {"value": NOTE.c.value + "\n" + text, "at": now}
    session.execute(owed.on_conflict_do_update(index_elements=["name"], set_=both))


def _locked_turn(session: Session, relay: str, now: datetime) -> datetime:
    """Return when the next mail's turn is; lock the relay's counters."""
    key = f"relay:{relay}"
    first = upsert(session, RATE).values({"key": key, "since": now, "count": 0})
    session.execute(first.on_conflict_do_nothing())
    query = select(RATE.c.since).where(RATE.c.key == key).with_for_update()
    turn: datetime = session.execute(query).scalar_one()
    return turn


def _take_turn(
    session: Session, relay: str, per_second: int, turn: datetime, now: datetime
) -> float:
    granted = turn if now < turn <= now + _LONGEST_QUEUE else now
    following = granted + timedelta(seconds=1) / per_second
    session.execute(update(RATE).where(RATE.c.key == f"relay:{relay}").values(since=following))
    return (granted - now).total_seconds()


def _key(relay: str, window: timedelta, index: int) -> str:
    return f"relay:{relay}:{window // _HOUR}h:{index}"


def _slice(window: timedelta, now: datetime) -> int:
    return int(now.timestamp() // (window / _SLICES).total_seconds())


def _start(window: timedelta, index: int) -> datetime:
    return datetime.fromtimestamp(index * (window / _SLICES).total_seconds(), UTC)


def _full_until(
    session: Session, relay: str, limit: int, window: timedelta, now: datetime
) -> datetime | None:
    """Return when a window that is full has room again; None when it has some."""
    last = _slice(window, now)
    keys = [_key(relay, window, index) for index in range(last - _SLICES, last + 1)]
    query = select(func.sum(RATE.c.count), func.min(RATE.c.since)).where(RATE.c.key.in_(keys))
    total, oldest = session.execute(query).one()
    if (total or 0) < limit:
        return None
    return _start(window, _slice(window, oldest) + _SLICES + 1)


def _count(session: Session, relay: str, window: timedelta, now: datetime) -> None:
    index = _slice(window, now)
    values = {"key": _key(relay, window, index), "since": _start(window, index), "count": 1}
    counted = upsert(session, RATE).values(values)
    session.execute(
        counted.on_conflict_do_update(index_elements=["key"], set_={"count": RATE.c.count + 1})
    )
