"""Readers get the lines of their language, in mails as on pages, from one query for a batch."""

import asyncio

import pytest
from conftest import FakeClock
from sqlalchemy import event
from steps_world import HOUR, NOW, arrive, digest, join, planned

from digestmail.domain import DeliveryKind, Paper, WrittenLine
from digestmail.steps.daily.lease_queue import LeaseQueue
from digestmail.steps.reading.lines import LineReader
from digestmail.store import Store

GERMAN = WrittenLine("Löst Tümpel.", "Tümpel")


def write(store: Store, paper: Paper, language: str, line: WrittenLine) -> None:
    store.lines.begin(paper.stored_id, language)
    store.lines.write(paper.stored_id, language, line)


@pytest.mark.parametrize(
    ("tag", "language"),
    [("de", "de"), ("de-AT", "de"), ("zh-Hans-CN", "zh-Hans"), ("fr", ""), ("", "en"), ("zh", "")],
)
def test_the_language_of_the_lines(store: Store, tag: str, language: str) -> None:
    assert LineReader(store, ("en", "de", "zh-Hans")).language_of(tag) == language


def test_papers_have_the_lines_of_the_language(store: Store) -> None:
    one, two = arrive(store, 1, 2)
    write(store, two, "de", GERMAN)
    shown = LineReader(store, ("de",)).papers([two, one, two], "de")
    assert [paper.written for paper in shown] == [GERMAN, None, GERMAN]
    assert LineReader(store, ("de",)).papers([two], "en") == [two]


def test_a_digest_keeps_all_else(store: Store) -> None:
    (paper,) = arrive(store, 1)
    write(store, paper, "de", GERMAN)
    plain = digest(join(store), [paper])
    lined = LineReader(store, ("de",)).digest(plain, "de")
    assert lined.items[0].paper.written == GERMAN
    assert lined.items[0].reasons == plain.items[0].reasons


def test_without_a_language_model_nothing_is_asked(store: Store) -> None:
    (paper,) = arrive(store, 1)
    asked: list[str] = []
    event.listen(
        store.database.engine, "before_cursor_execute", lambda *values: asked.append(values[2])
    )
    assert LineReader(store, ()).papers([paper], "de") == [paper]
    assert asked == []


def test_each_reader_is_mailed_the_lines_of_their_language(store: Store, clock: FakeClock) -> None:
    (paper,) = arrive(store, 1)
    write(store, paper, "de", GERMAN)
    write(store, paper, "en", WrittenLine("Solves ponds."))
    for email, language in {"a@x.net": "en", "b@x.net": "de", "c@x.net": "fr"}.items():
        reader = join(store, email)
        store.subscribers.set_language(reader.stored_id, language)
        store.digests.record([planned(reader, digest(reader, [paper]))])
    queue = LeaseQueue(store, LineReader(store, ("en", "de")), "me", 10, HOUR, clock, lambda: 0.0)

    async def lines() -> dict[str, str]:
        by_address = {}
        while mail := await queue.next([DeliveryKind.DIGEST], lambda: False):
            assert mail.digests
            mailed = mail.digests.get(mail.delivery.stored_digest_id)
            assert mailed
            written = mailed.items[0].paper.written
            by_address[mail.delivery.address] = written.text if written else ""
        return by_address

    assert asyncio.run(lines()) == {
        "a@x.net": "Solves ponds.",
        "b@x.net": "Löst Tümpel.",
        "c@x.net": "",
    }
    assert clock() == NOW
