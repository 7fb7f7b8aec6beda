"""The first digest comes with the confirmation: once, of the last week, in place of that date's."""

import asyncio
import email
import email.policy
import os
import random
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from conftest import FakeClock
from mail_servers import Recorder, working
from pydantic import SecretStr
from schema import give_schema
from senders import forking, write_settings
from steps_world import DAY, GRAPHS, HOUR, LINKS, NOW, arrive, at_once, paper, prepare_at

from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import MailSettings, Settings, SmtpSection
from digestmail.domain import (
    Delivery,
    DeliveryState,
    Digest,
    Profile,
    Schedule,
    SkipReason,
    Subscriber,
    SubscriberStatus,
    Verdict,
    trending_profile,
)
from digestmail.scheduler import digest_tick
from digestmail.steps.reading.auto_submit import Answer, press
from digestmail.steps.reading.feedback import paper_at
from digestmail.steps.subscribers import leaving
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import Store

ADA = "ada@example.net"
WEEKDAYS = Schedule(hour=7, weekdays=frozenset(range(1, 6)))
MONDAYS = Schedule(hour=7, weekdays=frozenset({1}))


def _confirm(store: Store, at: datetime = NOW, *, address: str = ADA) -> Subscriber:
    """Press the button of a confirm mail."""
    who, now = store.subscribers.by_email(address), at
    link = LINKS.confirm(who.stored_id, store.subscribers.serial(who.stored_id), now)
    service = SubscriptionService(store, LINKS)
    return service.confirm(link.rpartition("/")[2], now).subscriber


def _subscribe(
    store: Store,
    schedule: Schedule = WEEKDAYS,
    profile: Profile = GRAPHS,
    address: str = ADA,
    at: datetime = NOW,
) -> None:
    SubscriptionService(store, LINKS).subscribe(address, profile, schedule, at)


def _shown(store: Store, address: str = ADA) -> dict[str, list[str]]:
    """The numbers of the papers of each digest, by its date."""
    who = store.subscribers.by_email(address).stored_id
    return {
        f"{d.date:%d}": [item.paper.key[-2:] for item in d.items]
        for d in reversed(store.digests.of_subscriber(who))
    }


def test_the_first_digest_is_due_at_once_and_of_the_last_week(store: Store) -> None:
    arrive(store, 2, at=NOW - 12 * DAY)
    arrive(store, 1, at=NOW - 6 * DAY)
    _subscribe(store)
    _confirm(store)
    assert prepare_at(store, NOW).digests == 1
    assert _shown(store) == {"20": ["01"]}


def test_the_hour_of_that_date_brings_no_second_one(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store)
    _confirm(store)
    prepare_at(store, NOW)
    arrive(store, 2, at=NOW + HOUR / 2)
    assert prepare_at(store, NOW + HOUR).digests == 0  # 07:00 of the date
    monday = NOW + 3 * DAY + HOUR
    assert store.subscribers.by_email(ADA).next_due_at == monday
    prepare_at(store, monday)
    assert _shown(store) == {"20": ["01"], "23": ["02"]}


def test_a_weekly_reader_has_it_on_whatever_day(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store, MONDAYS)
    _confirm(store)
    prepare_at(store, NOW)
    assert _shown(store) == {"20": ["01"]}
    assert store.subscribers.by_email(ADA).next_due_at == NOW + 3 * DAY + HOUR


def test_the_date_is_the_readers(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store, Schedule(hour=7, timezone="Pacific/Auckland"))  # 19:00 there
    _confirm(store, NOW + 8 * HOUR)  # 03:00 of the 21st
    prepare_at(store, NOW + 8 * HOUR)
    assert _shown(store) == {"21": ["01"]}


def test_preparing_twice_and_at_once_makes_one(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store)
    _confirm(store)
    at_once(*[lambda: prepare_at(store, NOW)] * 3)
    prepare_at(store, NOW + HOUR / 60)
    assert _shown(store) == {"20": ["01"]}
    assert len(_digest_mails(store)) == 1


def test_pressing_twice_brings_one(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store)
    link = LINKS.confirm(store.subscribers.by_email(ADA).stored_id, 0, NOW).rpartition("/")[2]
    service = SubscriptionService(store, LINKS)
    service.confirm(link, NOW)
    prepare_at(store, NOW)
    assert not service.confirm(link, NOW + HOUR / 60).is_new
    assert prepare_at(store, NOW + HOUR / 60).digests == 0


def test_leaving_and_subscribing_again_on_that_day_brings_no_second_one(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store)
    _confirm(store)
    prepare_at(store, NOW)
    leaving.leave(store, store.subscribers.by_email(ADA), NOW)
    later = NOW + 2 * HOUR
    arrive(store, 2, at=later)
    ada = store.subscribers.by_email(ADA)
    store.subscribers.set_status(ada.stored_id, SubscriberStatus.PENDING, None)
    _confirm(store, later)
    assert prepare_at(store, later).digests == 0
    assert not store.subscribers.by_email(ADA).awaits_first_digest


def test_subscribing_again_another_day_brings_one_of_what_is_new(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store)
    _confirm(store)
    prepare_at(store, NOW)
    leaving.leave(store, store.subscribers.by_email(ADA), NOW)
    later = NOW + 3 * DAY
    arrive(store, 2, at=later - HOUR)
    _subscribe(store, at=later)
    _confirm(store, later)
    prepare_at(store, later)
    assert _shown(store) == {"20": ["01"], "23": ["02"]}


def test_a_week_without_a_good_match_is_told_by_mail(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store, profile=Profile(keywords=("volcano",)))
    _confirm(store)
    assert prepare_at(store, NOW).skipped == {SkipReason.BELOW_THRESHOLD: 1}
    assert [mail.state for mail in _digest_mails(store)] == [DeliveryState.PLANNED]


def test_without_anything_chosen_there_is_none(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store, profile=Profile())
    ada = _confirm(store)
    assert (ada.awaits_first_digest, ada.next_due_at) == (False, NOW + HOUR)


def test_who_pauses_first_has_it_at_the_hour_after_the_pause(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store)
    service = SubscriptionService(store, LINKS)
    service.pause(_confirm(store))
    assert prepare_at(store, NOW).digests == 0
    service.resume(store.subscribers.by_email(ADA), NOW + DAY)
    arrive(store, 2, at=NOW + DAY)
    prepare_at(store, NOW + 3 * DAY + HOUR)
    assert sorted(_shown(store)["23"]) == ["01", "02"]


def test_a_new_hour_does_not_put_it_off(store: Store) -> None:
    arrive(store, 1)
    _subscribe(store)
    ada = _confirm(store)
    SubscriptionService(store, LINKS).reschedule(ada, Schedule(hour=20), NOW)
    assert prepare_at(store, NOW).digests == 1
    assert store.subscribers.by_email(ADA).next_due_at == NOW + DAY + 14 * HOUR


def _digest_mails(store: Store) -> Sequence[Delivery]:
    who = store.subscribers.by_email(ADA).stored_id
    return [d for d in store.ledger.of_subscriber(who) if d.digest_id]


# --- through the running service, with a real relay --------------------------------------------


@dataclass
class _Inbox:
    """What a relay took, by address."""

    recorder: Recorder = field(default_factory=Recorder)

    def digests(self) -> Counter[str]:
        """How many digests each address was sent."""
        return Counter(str(mail["To"]) for mail in self.mails if mail["List-Unsubscribe"])

    @property
    def mails(self) -> list[EmailMessage]:
        """Return all mails."""
        return [
            email.message_from_bytes(raw, policy=email.policy.default)
            for raw in self.recorder.received
        ]


def _app(folder: Path, url: str, port: int, clock: FakeClock) -> App:
    settings = Settings(
        public_url="https://digest.example.org",
        secret_key=SecretStr("a key of more than thirty-two letters"),
        database_url=url,
        mail=MailSettings(from_address="daily@digest.example.org"),
        smtp=SmtpSection(host="127.0.0.1", port=port, tls="none"),
        folder=folder,
    )
    app = App(settings, clock)
    give_schema(app.store.database)
    return app


async def test_a_tick_after_the_confirmation_the_mail_is_there(
    tmp_path: Path, empty_database_url: str, clock: FakeClock
) -> None:
    inbox = _Inbox()
    async with working(inbox.recorder) as port:
        app = _app(tmp_path, empty_database_url, port, clock)
        arrive(app.store, 1, 2, at=NOW - 5 * DAY)
        _subscribe(app.store)
        await asyncio.to_thread(digest_tick, app)  # the confirm mail
        _confirm(app.store)
        clock.move(minutes=1)
        await asyncio.to_thread(digest_tick, app)
        assert inbox.digests() == {ADA: 1}
        assert "Graph networks, part 1" in inbox.mails[-1].as_string()
        for _ in range(26):  # a day and more of hours: Saturday brings nothing
            clock.move(hours=1)
            await asyncio.to_thread(digest_tick, app)
        assert inbox.digests() == {ADA: 1}
        app.close()


async def test_an_address_alone_gets_what_is_trending_and_grows_personal(
    tmp_path: Path, empty_database_url: str, clock: FakeClock
) -> None:
    inbox = _Inbox()
    async with working(inbox.recorder) as port:
        app = _app(tmp_path, empty_database_url, port, clock)
        store = app.store
        arrive(store, *range(1, 12), at=NOW - DAY, upvotes=40)
        arrive(store, *range(50, 90), at=NOW - DAY, title="Permafrost", abstract="Ground thaws.")
        _subscribe(store, Schedule(hour=7), trending_profile())
        _confirm(store)
        await asyncio.to_thread(digest_tick, app)
        first = _last_digest(store)
        assert first.items
        assert all(item.is_trending for item in first.items)
        for item in first.items[:3]:
            clock.move(minutes=1)
            rated = paper_at(store, first.stored_id, item.position)
            assert press(store, rated, Verdict.MORE, clock()) is Answer.RECORDED
        clock.move(hours=20)
        arrive(store, *range(20, 24), at=clock())
        clock.move(hours=6)
        await asyncio.to_thread(digest_tick, app)
        second = _last_digest(store)
        assert second.date == (NOW + DAY).date()
        assert any(not item.is_trending for item in second.items)
        shown = {item.paper.key for item in first.items}
        assert not shown & {item.paper.key for item in second.items}
        assert inbox.digests() == {ADA: 2}
        app.close()


def _last_digest(store: Store) -> Digest:
    return store.digests.of_subscriber(store.subscribers.by_email(ADA).stored_id)[0]


async def test_a_rush_of_confirmations_is_served_in_one_tick(
    tmp_path: Path, empty_database_url: str, clock: FakeClock
) -> None:
    inbox, people = _Inbox(), 200
    async with working(inbox.recorder) as port:
        app = _app(tmp_path, empty_database_url, port, clock)
        arrive(app.store, *range(1, 20), at=NOW - DAY)
        for n in range(people):
            _subscribe(app.store, address=f"{n}@example.net")
            _confirm(app.store, address=f"{n}@example.net")
        prepared = await asyncio.to_thread(app.prepare)
        assert prepared.digests == people
        await asyncio.to_thread(app.deliver)
        assert set(inbox.digests().values()) == {1}
        assert len(inbox.digests()) == people
        app.close()


@pytest.mark.slow
async def test_killed_again_and_again_everybody_gets_one(store: Store, tmp_path: Path) -> None:
    """The service dies between preparing and sending, and while it sends."""
    now, people, rng = utc_now(), 40, random.Random(11)
    store.papers.add([paper(1), paper(2)], now)
    for n in range(people):
        _subscribe(store, Schedule(hour=(now.hour + 5) % 24), address=f"{n}@example.net", at=now)
        _confirm(store, now, address=f"{n}@example.net")
    at_once(*[lambda: prepare_at(store, utc_now())] * 2)
    inbox = _Inbox()
    async with working(inbox.recorder) as port:
        settings = write_settings(tmp_path, store, port=port, connections=2)
        async with forking(settings) as senders:
            for _ in range(4):
                pid = await senders.start()
                await asyncio.sleep(rng.uniform(0, 0.3))
                os.kill(pid, signal.SIGKILL)
                await senders.ended()
                prepare_at(store, utc_now())
            await senders.start()
            assert await senders.ended() == 0
    sent, unknown = inbox.digests(), 0
    for n in range(people):
        who = store.subscribers.by_email(f"{n}@example.net")
        assert len(store.digests.of_subscriber(who.stored_id)) == 1
        (state,) = [d.state for d in store.ledger.of_subscriber(who.stored_id) if d.digest_id]
        unknown += state is DeliveryState.UNKNOWN
        assert sent[who.email] <= 1
        assert sent[who.email] == 1 or state is DeliveryState.UNKNOWN
    assert unknown <= 4 * 2
