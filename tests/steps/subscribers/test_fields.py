"""The table of fields holds every field of a profile and a schedule, and everything goes by it."""

import dataclasses
import inspect

import pytest

from digestmail.cli.subscribers import subscriber_add, subscriber_edit
from digestmail.domain import (
    FIELDS,
    PROFILE_FIELDS,
    SCHEDULE_FIELDS,
    Layout,
    Profile,
    Schedule,
    Subscriber,
)
from digestmail.resources import TEMPLATES
from digestmail.steps.subscribers.field_parsers import parse_field
from digestmail.steps.subscribers.import_export.entries import Entries
from digestmail.steps.subscribers.import_export.export import exported_csv, exported_json
from digestmail.steps.subscribers.import_export.formats import read_list
from digestmail.steps.subscribers.validation import Form, profile_of
from digestmail.store.tables import PROFILE, SUBSCRIBER
from digestmail.web.shared.profile_form import profile_texts
from digestmail.web.shared.schedule_form import parse_schedule, schedule_texts

PROFILE_VALUES = Profile(
    name="Graphs",
    keywords=("graph", '"neural network"'),
    required_keywords=("theory",),
    excluded_keywords=("survey",),
    interests="How graphs grow.",
    categories=("cs.LG", "math.*"),
    excluded_categories=("cs.CV",),
    authors=("Ada Lovelace", "Erdős, Paul"),
    excluded_authors=("Ann Onym",),
    seed_papers=("arxiv:2508.13426", "doi:10.1000/xyz"),
    max_papers=7,
    threshold=0.05,
    trending=3,
)
SCHEDULE_VALUES = Schedule(
    hour=5,
    timezone="Europe/Rome",
    weekdays=frozenset({1, 3}),
    wait_hours=2,
    send_empty=True,
    layout=Layout.COMPACT,
)
ADA = Subscriber(email="ada@example.org", profiles=(PROFILE_VALUES,), schedule=SCHEDULE_VALUES)


def test_every_field_of_a_profile_is_in_the_table() -> None:
    ids = {"id", "subscriber_id"}
    assert {f.name for f in dataclasses.fields(Profile)} - ids == PROFILE_FIELDS.keys()


def test_every_field_of_a_schedule_is_in_the_table() -> None:
    assert {f.name for f in dataclasses.fields(Schedule)} == SCHEDULE_FIELDS.keys()


@pytest.mark.parametrize("name", FIELDS)
def test_the_samples_differ_from_the_defaults(name: str) -> None:
    of_profile = name in PROFILE_FIELDS
    sample, default = (PROFILE_VALUES, Profile()) if of_profile else (SCHEDULE_VALUES, Schedule())
    assert getattr(sample, name) != getattr(default, name)


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_printed_and_parsed_is_the_same(name: str) -> None:
    sample = PROFILE_VALUES if name in PROFILE_FIELDS else SCHEDULE_VALUES
    value = getattr(sample, name)
    assert parse_field(FIELDS[name], FIELDS[name].text(value)) == value


def test_the_forms_take_every_field() -> None:
    form = Form()
    assert profile_of(profile_texts(PROFILE_VALUES), form, Profile()) == PROFILE_VALUES
    assert parse_schedule(schedule_texts(SCHEDULE_VALUES), form, Schedule()) == SCHEDULE_VALUES
    assert not form.problems


@pytest.mark.parametrize("name", FIELDS)
def test_the_pages_ask_for_every_field(name: str) -> None:
    pages = [TEMPLATES / "web" / page for page in ("_profile", "_fields", "preferences")]
    texts = [page.with_suffix(".html").read_text(encoding="utf-8") for page in pages]
    assert any(f"choices.fields.{name}" in text for text in texts)


@pytest.mark.parametrize("command", [subscriber_add, subscriber_edit])
def test_the_command_line_takes_every_field(command: object) -> None:
    assert callable(command)
    assert FIELDS.keys() <= inspect.signature(command).parameters.keys()


@pytest.mark.parametrize("export", [exported_csv, exported_json])
def test_a_list_holds_every_field(export: object) -> None:
    assert callable(export)
    people = read_list(export([ADA]).encode(), {})
    entries = Entries(Profile(), Schedule()).read(people.records, lambda _: None)
    (entry,) = entries.people.values()
    assert entries.problems == []
    assert (entry.profiles, entry.schedule) == ((PROFILE_VALUES,), SCHEDULE_VALUES)


def test_the_store_has_a_column_for_every_field() -> None:
    assert PROFILE_FIELDS.keys() <= set(PROFILE.c.keys())
    assert SCHEDULE_FIELDS.keys() <= set(SUBSCRIBER.c.keys())
