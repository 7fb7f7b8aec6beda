"""Everything about one person, and nothing about anybody else."""

import json
from dataclasses import replace
from typing import Any

from conftest import FakeClock
from steps_world import NOW, ScriptedMailer, deliver, join, owe

from digestmail.domain import DampedPaper, Feedback, Paper, Subscriber, Verdict
from digestmail.steps.subscribers.data_export import everything, personal_json
from digestmail.steps.subscribers.seed_papers import packed
from digestmail.store import Bounce, Origin, Store
from digestmail.store.table_base import metadata

_TOLD = {
    "profile": "subscriber",
    "digest": "digests",
    "digest_item": "digests",
    "delivery": "deliveries",
    "attempt": "deliveries",
    "feedback": "feedback",
    "damped": "fewer_like",
    "saved": "saved",
    "tap": "taps",
    "bounce": "bounces",
}


async def known(store: Store, clock: FakeClock, email: str, number: int) -> Subscriber:
    """A subscriber with a row in every table that can be about one."""
    mail = owe(store, email, number)
    await deliver(store, ScriptedMailer(), clock)
    found = store.subscribers.by_email(email)
    mine = found.stored_id
    paper = store.digests.of_subscriber(mine)[0].items[0].paper.stored_id
    profile = found.profiles[0].id
    store.feedback.give(Feedback(mine, profile, paper, Verdict.MORE, NOW))
    store.damped.add([DampedPaper(mine, profile, paper, NOW)])
    store.saved.add(mine, paper, NOW)
    store.taps.record(mine, paper, "save", Origin.BUTTON, NOW)
    bounce = Bounce(id=email, at=NOW, kind="soft", subscriber_id=mine, delivery_id=mail.id)
    store.bounces.record(bounce)
    return found


async def test_every_table_about_a_person_is_told(store: Store, clock: FakeClock) -> None:
    told = everything(store, await known(store, clock, "ada@example.net", 1), NOW)
    assert all(told[part] for part in set(_TOLD.values()))
    assert told["about"].keys() >= set(_TOLD.values())


def test_no_table_about_a_person_is_forgotten() -> None:
    about = {"subscriber"}
    while more := {
        name
        for name, table in metadata.tables.items()
        if name not in about and {key.column.table.name for key in table.foreign_keys} & about
    }:
        about |= more
    assert about - {"subscriber"} == _TOLD.keys()


async def test_what_is_told_is_what_is_kept(store: Store, clock: FakeClock) -> None:
    ada = await known(store, clock, "ada@example.net", 1)
    told: dict[str, Any] = json.loads(personal_json(store, ada, NOW))
    title = "Graph networks, part 1"
    assert told["subscriber"]["email"] == "ada@example.net"
    assert told["subscriber"]["profiles"][0]["keywords"] == ["graph"]
    assert told["digests"][0]["papers"][0]["title"] == title
    assert told["deliveries"][0]["attempts"][0]["outcome"] == "sent"
    assert told["feedback"][0]["verdict"] == "more"
    assert told["saved"][0]["paper"]["title"] == title
    assert (told["taps"][0]["action"], told["taps"][0]["by"]) == ("save", "button")
    assert told["bounces"][0]["kind"] == "soft"
    assert told["blocked"] is None


async def test_nothing_of_anybody_else_is_told(store: Store, clock: FakeClock) -> None:
    ada = await known(store, clock, "ada@example.net", 1)
    await known(store, clock, "eve@example.net", 2)
    told = personal_json(store, ada, NOW)
    assert "eve@" not in told
    assert "part 2" not in told


def test_uploads_are_told_also_while_they_wait(store: Store) -> None:
    stored = Paper(key="doi:10.1000/x", title="On ice", abstract="Cold.", authors=("Jane Doe",))
    ada = join(store)
    store.uploads.add(ada.stored_id, [stored])
    store.uploads.add((ada.stored_id) + 1, [replace(stored, abstract="Eve's.")])
    store.pending_uploads.keep(
        ada.stored_id, packed([Paper(key="library:abc", title="On snow")]), NOW
    )
    told = everything(store, ada, NOW)["uploads"]
    assert [(one["title"], one["abstract"]) for one in told] == [
        ("On ice", "Cold."),
        ("On snow", ""),
    ]
    assert told[0]["key"] == stored.key


def test_a_newcomer_has_little_to_tell(store: Store) -> None:
    ada = store.subscribers.add(Subscriber(email="ada@example.net"), NOW)
    store.suppressions.add(store.salt.address_hash("ada@example.net"), "left", NOW)
    told = everything(store, ada, NOW)
    assert (told["digests"], told["saved"], told["blocked"]) == ([], [], "left")
    assert told["subscriber"]["confirmed"] is None
