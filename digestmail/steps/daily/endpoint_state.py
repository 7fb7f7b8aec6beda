"""The state of the language model: today's use, its last failure, and how long it is left alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from digestmail.domain import EndpointUse
from digestmail.errors import EndpointError
from digestmail.store import NoteName, Store


@dataclass(frozen=True, slots=True)
class RestRules:
    """The first rest after a failure; each further one in succession doubles it."""

    first: timedelta = timedelta(minutes=2)
    longest: timedelta = timedelta(hours=2)


RULES = RestRules()


@dataclass(frozen=True, slots=True)
class EndpointRest:
    """The rest of an endpoint after failures in succession: until when, and the last problem."""

    until: datetime
    failures: int
    problem: str


def rest_after(
    before: EndpointRest | None, error: EndpointError, now: datetime, rules: RestRules = RULES
) -> EndpointRest:
    """Return the rest after an error; one that the endpoint asks for is at least kept."""
    failures = before.failures + 1 if before else 1
    rest = min(rules.first * 2 ** min(failures - 1, 16), rules.longest)
    return EndpointRest(now + max(rest, error.rest or timedelta()), failures, str(error))


def load_rest(store: Store) -> EndpointRest | None:
    """Return the rest since the last failure, over or not; None after a success."""
    note = store.notes.read(NoteName.ENDPOINT_TROUBLE)
    if note is None:
        return None
    try:
        return msgspec.json.decode(note.value, type=EndpointRest)
    except msgspec.DecodeError:  # written by another version
        return None


def store_rest(store: Store, rest: EndpointRest | None, now: datetime) -> None:
    """Store a rest in place of the last one; None ends it."""
    value = msgspec.json.encode(rest).decode() if rest else ""
    store.notes.write(NoteName.ENDPOINT_TROUBLE, value, now)


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """The use of the language model today (UTC), and what is wrong with it."""

    use: EndpointUse
    requests_per_day: int
    trouble: str  # empty if its last answer was one
    resting_until: datetime | None  # in the future


def endpoint_status(store: Store, now: datetime, requests_per_day: int) -> EndpointStatus:
    """Return today's use and trouble."""
    rest = load_rest(store)
    return EndpointStatus(
        use=store.lines.use(now.date()),
        requests_per_day=requests_per_day,
        trouble=rest.problem if rest else "",
        resting_until=rest.until if rest and rest.until > now else None,
    )
