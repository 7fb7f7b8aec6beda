"""How long the language model is left alone after a failure, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

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
