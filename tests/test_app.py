"""The whole path: from a source's file over the store and a real relay into three inboxes."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from conftest import FakeClock
from schema import give_schema
from steps_world import DAY, GRAPHS, HOUR, NOW

from digestmail.app import App
from digestmail.config import Settings, load
from digestmail.domain import (
    BadRecord,
    DeliveryState,
    Interest,
    Paper,
    Profile,
    Schedule,
    SkipReason,
    SourceSpec,
    Subscriber,
    SubscriberStatus,
)
from digestmail.errors import NotFoundError, StoreError
from digestmail.sources.files.file import FileSource

_SETTINGS = """
public_url = "https://digest.example.org"
secret_key = "a key of more than thirty-two letters"
database_url = "{database}"
[mail]
from_address = "daily@digest.example.org"
from_name = "Tägliche Papers"
bounce_address = "b@bounce.example.org"
unsubscribe_address = "leave@digest.example.org"
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
"""
PAPERS = [
    {
        "id": "2611.00001",
        "title": "Graph networks on $\\alpha$-curves",
        "authors": ["Ada Lovelace"],
    },
    {"id": "2611.00002v2", "title": "<b>Graph</b> & rivers", "abstract": "Größe 中文 🧪 " * 40},
    {"id": "2611.00003", "title": "Proteins that fold", "abstract": "No networks."},
    {"title": ""},
]


class Inbox:
    """An aiosmtpd handler that parses what it gets, strictly."""

    def __init__(self) -> None:
        self.mails: dict[str, list[EmailMessage]] = {}
        self.senders: set[str] = set()
        self.sizes: list[int] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        raw = bytes(envelope.original_content or b"")
        assert raw.isascii()
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
        strict = BytesParser(policy=policy.SMTP.clone(raise_on_defect=True))
        mail = strict.parsebytes(raw)
        self.mails.setdefault(envelope.rcpt_tos[0], []).append(mail)
        self.senders.add(envelope.mail_from or "")
        self.sizes.append(len(raw))
        return "250 queued"


@asynccontextmanager
async def _relay(inbox: Inbox) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox, loop=loop, hostname="relay.test"), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0)


def _settings(folder: Path, database: str, port: int) -> Settings:
    file = folder / "digestmail.toml"
    file.write_text(_SETTINGS.format(database=database, port=port), encoding="utf-8")
    return load(file)


@pytest.fixture
def app(tmp_path: Path, database_url: str, clock: FakeClock) -> Iterator[App]:
    """An App with a file of papers; nobody listens at its relay's port."""
    app = App(_settings(tmp_path, database_url, 1), clock)
    give_schema(app.store.database)
    lines = "\n".join(json.dumps(record) for record in PAPERS)
    (tmp_path / "papers.jsonl").write_text(lines)
    spec = SourceSpec(name="file", kind="file", options={"path": "papers.jsonl"})
    app.store.sources.add(spec, NOW)
    yield app
    app.close()


def _at(app: App, port: int) -> App:
    """The same installation with its relay at another port."""
    return App(_settings(app.settings.folder, app.settings.database_url, port), app.clock)


def _join(app: App, email: str, *profiles: Profile, hour: int = 7) -> Subscriber:
    schedule = Schedule(hour=hour)
    return app.subscriptions.add(email, profiles or [GRAPHS], schedule, app.clock(), active=True)


async def _deliver(app: App, inbox: Inbox) -> dict[DeliveryState, int]:
    async with _relay(inbox) as port:
        working = _at(app, port)
        try:
            return (await asyncio.to_thread(working.deliver)).states
        finally:
            working.close()


async def test_the_whole_path(app: App, clock: FakeClock) -> None:
    for email in ("ada@example.net", "bob@example.net", "eve@example.net"):
        _join(app, email)
    (report,) = app.ingest()
    assert (report.new, len(report.bad), report.error) == (3, 1, "")
    clock.move(hours=1)
    prepared = app.prepare()
    assert (prepared.digests, prepared.papers) == (3, 6)
    inbox = Inbox()
    assert await _deliver(app, inbox) == {DeliveryState.SENT: 3}
    assert {to: len(mails) for to, mails in inbox.mails.items()} == {
        "ada@example.net": 1,
        "bob@example.net": 1,
        "eve@example.net": 1,
    }
    assert app.status().deliveries == {DeliveryState.SENT: 3}
    assert max(inbox.sizes) < 100_000


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ({"excluded_categories": ("math",)}, {"categories": ("cs.LG", "math.CO")}),
        ({"excluded_keywords": ("rivers",)}, {"abstract": "Of rivers."}),
    ],
)
def test_the_model_is_never_older_than_its_papers(
    app: App, rule: dict[str, Any], change: dict[str, Any]
) -> None:
    """Another source may complete a paper without a new version of it."""
    wish = Interest(profile=replace(GRAPHS, **rule))
    paper = Paper(key="arxiv:1", title="Graph networks")
    model = app.models.digest_model([paper])
    assert len(model.score([wish])[0]) == 1
    assert app.models.digest_model([replace(paper)]) is model
    assert app.models.digest_model([replace(paper, **change)]).score([wish]) == [()]


async def test_what_a_digest_looks_like(app: App, clock: FakeClock) -> None:
    _join(app, "ada@example.net")
    app.ingest()
    clock.move(hours=1)
    app.prepare()
    inbox = Inbox()
    await _deliver(app, inbox)
    (mail,) = inbox.mails["ada@example.net"]
    _check_headers(mail)
    text, html = _part(mail, "plain"), _part(mail, "html")
    for part in (text, html):
        assert "Graph networks on α-curves" in part
        assert "Proteins that fold" not in part
        assert "https://digest.example.org/unsubscribe/" in part
    assert "<b>Graph</b>" not in html
    (sender,) = inbox.senders
    assert re.fullmatch(r"b\+[a-z0-9-]+@bounce\.example\.org", sender)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def _check_headers(mail: EmailMessage) -> None:
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["From"] == "Tägliche Papers <daily@digest.example.org>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url, mailto = mail["List-Unsubscribe"].split(", ")
    assert re.fullmatch(r"<https://digest\.example\.org/unsubscribe/[a-z0-9-]+>", url)
    assert re.fullmatch(r"<mailto:leave\+[a-z0-9-]+@digest\.example\.org\?\S+>", mailto)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-ID"]
    assert not mail.defects


async def test_confirming_by_mail(app: App) -> None:
    app.subscriptions.subscribe("ada@example.net", GRAPHS, Schedule(hour=7), NOW)
    inbox = Inbox()
    assert await _deliver(app, inbox) == {DeliveryState.SENT: 1}
    (mail,) = inbox.mails["ada@example.net"]
    assert mail["List-Unsubscribe"] is None
    found = re.search(r"https://digest\.example\.org/confirm/(\S+)", _part(mail, "plain"))
    assert found
    ada = app.subscriptions.confirm(found[1], NOW).subscriber
    assert (ada.status, ada.next_due_at) == (SubscriberStatus.ACTIVE, NOW)
    assert ada.awaits_first_digest


async def test_the_links_of_a_mail_do_what_they_say(app: App, clock: FakeClock) -> None:
    ada = _join(app, "ada@example.net")
    app.ingest()
    clock.move(hours=1)
    app.prepare()
    inbox = Inbox()
    await _deliver(app, inbox)
    text = _part(inbox.mails["ada@example.net"][0], "plain")
    leave, preferences = (
        re.findall(rf"https://digest\.example\.org/{page}/([a-z0-9-]+)", text)[0]
        for page in ("unsubscribe", "preferences")
    )
    assert app.subscriptions.owner(preferences, clock()).id == ada.id
    found = app.subscriptions.leaver(leave)
    assert found is not None
    app.subscriptions.leave(found)
    clock.move(days=1)
    assert app.prepare().digests == 0


# --- without a relay -------------------------------------------------------------------------


def test_a_relay_that_is_down_loses_nothing(app: App, clock: FakeClock) -> None:
    _join(app, "ada@example.net")
    app.ingest()
    clock.move(hours=1)
    app.prepare()
    delivered = app.deliver()
    assert delivered.trouble.startswith("127.0.0.1:1: connect: ")
    assert app.status().relay_trouble == delivered.trouble
    assert app.status().waiting == 1


def test_a_source_is_fetched_when_its_time_has_come(app: App, clock: FakeClock) -> None:
    assert len(app.ingest()) == 1
    assert app.ingest() == []
    clock.move(minutes=60)
    assert [report.known for report in app.ingest()] == [3]


def test_a_named_source_is_fetched_at_once(app: App) -> None:
    app.ingest()
    assert [report.known for report in app.ingest(["file"])] == [3]
    with pytest.raises(NotFoundError, match="'nothing'"):
        app.ingest(["nothing"])


def test_a_broken_source_does_not_stop_the_others(app: App) -> None:
    for name, kind, options in (
        ("aaa", "file", {"path": "not-here.csv"}),
        ("bbb", "nothing", {}),
        ("ccc", "file", {}),
    ):
        app.store.sources.add(SourceSpec(name=name, kind=kind, options=options), NOW)
    errors = {report.source: report.error for report in app.ingest()}
    assert [name for name, error in errors.items() if not error] == ["file"]
    assert [bool(s.last_report and s.last_report.error) for s in app.store.sources.all()] == [
        *[True] * 3,
        False,
    ]


def test_after_a_failure_everything_is_asked_for_again(
    app: App, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime | None] = []
    fetch = FileSource.fetch

    def watched(source: FileSource, since: datetime | None) -> Iterator[Paper | BadRecord]:
        asked.append(since)
        return fetch(source, since)

    monkeypatch.setattr(FileSource, "fetch", watched)
    papers = app.settings.folder / "papers.jsonl"
    hidden = papers.rename(papers.with_suffix(".hidden"))
    app.ingest()
    hidden.rename(papers)
    for _ in range(2):
        clock.move(hours=1)
        app.ingest()
    assert asked == [None, None, NOW + HOUR]


def test_a_plan_and_a_preview_store_nothing(app: App, clock: FakeClock) -> None:
    ada = _join(app, "ada@example.net")
    app.ingest()
    clock.move(hours=1)
    (plan,) = app.plan()
    assert [len(d.items) for d in plan.digests] == [2]
    preview = app.preview(ada)
    assert len(preview.items) == 2
    assert app.digest_message(ada, preview).recipient == "ada@example.net"
    assert app.store.digests.of_subscriber(ada.stored_id) == []
    assert app.prepare().digests == 1


def test_everyone_may_be_previewed(app: App) -> None:
    app.ingest()
    for status in SubscriberStatus:
        given = Subscriber(email=f"{status}@example.net", status=status, profiles=(GRAPHS,))
        assert len(app.preview(app.store.subscribers.add(given, NOW)).items) == 2
    blank = replace(given, email="blank@example.net", profiles=())
    assert app.preview(app.store.subscribers.add(blank, NOW)).skip is SkipReason.NO_PROFILE


async def test_a_day_asked_for_in_the_evening_is_sent(app: App, clock: FakeClock) -> None:
    _join(app, "ada@example.net")
    app.ingest()
    clock.now = NOW + timedelta(hours=15)
    assert app.prepare(clock.now.date()).digests == 1
    assert app.prepare(clock.now.date()).digests == 0
    assert await _deliver(app, Inbox()) == {DeliveryState.SENT: 1}


async def test_a_week_has_no_paper_twice(app: App, clock: FakeClock) -> None:
    _join(
        app, "ada@example.net", GRAPHS, Profile(name="B", keywords=("graph", "fold"), threshold=0)
    )
    app.ingest()
    inbox, days = Inbox(), []
    clock.move(hours=1)
    for _ in range(4):
        app.prepare()
        days.append(await _deliver(app, inbox))
        clock.now += DAY
    assert days == [{DeliveryState.SENT: 1}, {}, {}, {}]
    text = _part(inbox.mails["ada@example.net"][0], "plain")
    assert text.count("Proteins that fold") == 1


def test_an_app_needs_its_database(tmp_path: Path, clock: FakeClock) -> None:
    settings = _settings(tmp_path, "sqlite:///none.db", 1)
    with pytest.raises(StoreError, match=rf"no database at {tmp_path}/none.db; run: digestmail"):
        App.open(settings, clock)


@pytest.mark.parametrize("name", ["a b", "größe", "50%", "a'b"])
def test_a_folder_of_any_name_will_do(tmp_path: Path, clock: FakeClock, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    settings = _settings(folder, "sqlite:///our.db", 1)
    app = App(settings, clock)
    give_schema(app.store.database)
    app.close()
    assert (folder / "our.db").exists()
    App.open(settings, clock).close()


def test_the_outbox_takes_the_mails_instead(app: App, clock: FakeClock) -> None:
    _join(app, "ada@example.net")
    app.ingest()
    clock.move(hours=1)
    app.prepare()
    mail = app.settings.mail.model_copy(update={"outbox": "out"})
    trial = App(app.settings.model_copy(update={"mail": mail}), clock)
    assert trial.deliver().sent == 1
    assert len(list((app.settings.folder / "out").glob("*ada@example.net.eml"))) == 1
    trial.close()
