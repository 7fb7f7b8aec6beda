"""The state of the language model: its use of today, its last failure, its cooldown after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from digestmail.domain import EndpointUse
from digestmail.errors import EndpointError
from digestmail.store import NoteName, Store


@dataclass(frozen=True, slots=True)
class CooldownRules:
    """The first cooldown after a failure; each further one in succession doubles it."""

    first: timedelta = timedelta(minutes=2)
    longest: timedelta = timedelta(hours=2)


RULES = CooldownRules()


@dataclass(frozen=True, slots=True)
class EndpointCooldown:
    """The cooldown after failures in succession: until when, and the last problem."""

    until: datetime
    failures: int
    problem: str


def cooldown_after(
    before: EndpointCooldown | None,
    error: EndpointError,
    now: datetime,
    rules: CooldownRules = RULES,
) -> EndpointCooldown:
    """Return the cooldown after an error; one that the endpoint asks for is at least kept."""
    failures = before.failures + 1 if before else 1
    cooldown = min(rules.first * 2 ** min(failures - 1, 16), rules.longest)
    return EndpointCooldown(
        now + max(cooldown, error.retry_after or timedelta()), failures, str(error)
    )


def load_cooldown(store: Store) -> EndpointCooldown | None:
    """Return the cooldown since the last failure, over or not; None after a success."""
    note = store.notes.read(NoteName.ENDPOINT_TROUBLE)
    if note is None:
        return None
    try:
        return msgspec.json.decode(note.value, type=EndpointCooldown)
    except msgspec.DecodeError:  # written by another version
        return None


def store_cooldown(store: Store, cooldown: EndpointCooldown | None, now: datetime) -> None:
    """Store a cooldown in place of the last one; None ends it."""
    value = msgspec.json.encode(cooldown).decode() if cooldown else ""
    store.notes.write(NoteName.ENDPOINT_TROUBLE, value, now)


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """The use of the language model today (UTC), and what is wrong with it."""

    use: EndpointUse
    requests_per_day: int
    trouble: str  # empty if its last answer was one
    next_try_at: datetime | None  # in the future


def endpoint_status(store: Store, now: datetime, requests_per_day: int) -> EndpointStatus:
    """Return today's use and trouble."""
    cooldown = load_cooldown(store)
    return EndpointStatus(
        use=store.lines.use(now.date()),
        requests_per_day=requests_per_day,
        trouble=cooldown.problem if cooldown else "",
        next_try_at=cooldown.until if cooldown and cooldown.until > now else None,
    )
