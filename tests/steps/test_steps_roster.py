"""Subscribers as files: what comes out goes in again, and nobody is brought back unasked."""

import json

import pytest
from conftest import NOW

from digestmail.domain import Profile, Schedule, Subscriber, SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.links import Links
from digestmail.steps.roster import exported_csv, exported_json, parse_roster
from digestmail.steps.subscribe import Desk
from digestmail.store import Store
from digestmail.tokens import Signer

ICE = Profile(name="Ice", keywords=("sea ice", '"melt, pond"'), interests="=SUM(A1)", max_papers=3)
STARS = Profile(name="Stars", categories=("astro-ph.*",), authors=("Doe, Jane",), threshold=0.2)
ADA = Subscriber(
    email="ada@example.org",
    status=SubscriberStatus.ACTIVE,
    schedule=Schedule(
        hour=5, timezone="Asia/Tokyo", weekdays=frozenset({1, 5}), wait_hours=0, send_empty=True
    ),
    profiles=(ICE, STARS),
)


@pytest.mark.parametrize(("export", "as_csv"), [(exported_csv, True), (exported_json, False)])
def test_a_round_trip_loses_nothing(export: object, as_csv: bool) -> None:
    assert callable(export)
    (entry,), problems = parse_roster(export([ADA]), as_csv=as_csv, default=Profile())
    assert problems == []
    assert (entry.email, entry.status, entry.schedule) == (ADA.email, ADA.status, ADA.schedule)
    assert entry.profiles == ADA.profiles


def test_quiet_days_are_told_in_words() -> None:
    (ada,) = json.loads(exported_json([ADA]))
    header, first, *_ = exported_csv([ADA]).splitlines()
    assert (ada["wait_hours"], ada["send_empty"]) == (0, "yes")
    assert "weekdays,wait_hours,send_empty,name" in header
    assert '"1,5",0,yes,Ice' in first


@pytest.mark.parametrize(
    ("text", "as_csv"),
    [
        ("email,hour,keywords\na@example.org,5,ice\n", True),
        ('[{"email": "a@example.org", "hour": 5, "profiles": [{"keywords": ["ice"]}]}]', False),
    ],
)
def test_a_file_from_before_the_quiet_days_is_still_taken(text: str, as_csv: bool) -> None:
    (entry,), problems = parse_roster(text, as_csv=as_csv, default=Profile())
    assert (entry.schedule, problems) == (Schedule(hour=5), [])


def test_json_may_say_true() -> None:
    one = {"email": "a@example.org", "send_empty": True, "profiles": [{"keywords": ["ice"]}]}
    (entry,), _ = parse_roster(json.dumps([one]), as_csv=False, default=Profile())
    assert entry.schedule.send_empty


def test_a_wrong_wait_is_named_with_its_line() -> None:
    row = "email,keywords,wait_hours,send_empty\na@example.org,ice,12,perhaps\n"
    entries, (problem,) = parse_roster(row, as_csv=True, default=Profile())
    assert entries == []
    assert problem.startswith("line 2: wait_hours: “12” should be")
    assert "send_empty: “perhaps” should be yes or no" in problem


def test_no_cell_is_a_formula() -> None:
    cells = exported_csv([ADA]).replace("\r\n", ",").split(",")
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@"))]


@pytest.mark.parametrize(
    "text",
    ["", "keywords\nice\n", "email,shoe size\na@example.org,44\n"],
)
def test_a_csv_that_is_no_roster_is_refused(text: str) -> None:
    if text:
        with pytest.raises(InputError):
            parse_roster(text, as_csv=True, default=Profile())
    else:
        assert parse_roster(text, as_csv=True, default=Profile()) == ([], [])


@pytest.mark.parametrize("text", ["", "{}", "nonsense", '{"email": "a@example.org"}'])
def test_json_that_is_no_roster_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_roster(text, as_csv=False, default=Profile())


@pytest.mark.parametrize(
    "entry", [5, None, {"email": "a@example.org", "profiles": 5}, {"profiles": [7]}, {}]
)
def test_a_bad_json_entry_is_named(entry: object) -> None:
    good = {"email": "b@example.org", "profiles": [{"keywords": ["ice"]}]}
    entries, problems = parse_roster(json.dumps([entry, good]), as_csv=False, default=Profile())
    assert [one.email for one in entries] == ["b@example.org"]
    assert len(problems) == 1
    assert problems[0].startswith("entry 1")


@pytest.mark.parametrize(
    ("told", "becomes"),
    [
        (SubscriberStatus.ACTIVE, SubscriberStatus.ACTIVE),
        (SubscriberStatus.PAUSED, SubscriberStatus.PAUSED),
        (SubscriberStatus.PENDING, SubscriberStatus.PENDING),
        (SubscriberStatus.UNSUBSCRIBED, None),
        (SubscriberStatus.COMPLAINED, None),
    ],
)
def test_who_did_not_agree_is_not_made_active(
    store: Store, told: SubscriberStatus, becomes: SubscriberStatus | None
) -> None:
    desk = Desk(store, Links("https://digest.example.org", Signer(["k" * 40])))
    row = f"email,status,keywords\na@example.org,{told},ice\n"
    (entry,), _ = parse_roster(row, as_csv=True, default=Profile())
    if becomes is None:
        with pytest.raises(InputError):
            entry.enter(desk, NOW, active=True)
    else:
        entry.enter(desk, NOW, active=True)
    found = store.subscribers.find("a@example.org")
    assert (found.status if found else None) is becomes
