"""The pages on a fresh database, visited over ASGI, with mails written into a folder."""

import email
import email.policy
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from schema import give_schema

from digestmail.app import App
from digestmail.config import MailSettings, Settings, WebSection
from digestmail.domain import (
    Clock,
    Digest,
    DigestItem,
    Paper,
    Profile,
    Reason,
    ReasonKind,
    Schedule,
    Subscriber,
)
from digestmail.store import DigestPlan
from digestmail.web.application import make_web
from digestmail.web.shared.form_token import form_tokens

HOME = "http://digest.test"
READER = "ada@example.org"
HOSTILE = "<script>alert('x')</script>\"'><img src=x>"


class Watch:
    """A Clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)  # a Friday

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Move on by a timedelta's arguments."""
        self.now += timedelta(**by)


def open_app(folder: Path, clock: Clock, *, home: str = HOME, **web: Any) -> App:
    """An App with a migrated database; ``web`` are settings of that section."""
    settings = Settings(
        public_url=home,
        secret_key=SecretStr("a secret of the tests, 32 letters"),
        service_name="Paper Post",
        operator_email="librarian@example.org",
        mail=MailSettings(from_address="post@digest.test", outbox="outbox"),
        web=WebSection(**web),
        folder=folder,
    )
    app = App(settings, clock)
    give_schema(app.store.database)
    return app


@dataclass(frozen=True)
class Trial:
    """An App, a visitor of its pages, and the time. An answer comes after background tasks."""

    app: App
    client: httpx.AsyncClient
    clock: Watch

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page."""
        return await self.client.get(path, **options)

    async def post(self, path: str, data: Any = None, **options: Any) -> httpx.Response:
        """Press a button."""
        return await self.client.post(path, data=data, **options)

    async def press(self, path: str, data: Any = None, **options: Any) -> httpx.Response:
        """Press a button, and go where the browser is led."""
        return await self.client.post(path, data=data, follow_redirects=True, **options)

    async def filled(self, **changed: object) -> dict[str, object]:
        """The public form as an ordinary newcomer fills it in."""
        return {
            "email": READER,
            "keywords": 'sparse autoencoder, "chain of thought"',
            "hour": "7",
            "timezone": "Europe/Rome",
            "weekdays": ["1", "2", "3", "4", "5"],
            "website": "",
            "form_token": self.form_token(),
        } | changed

    async def subscribe(self, **changed: object) -> httpx.Response:
        """Send the public form; ``files`` as httpx has them."""
        files: Any = changed.pop("files", None)
        return await self.press("/subscribe", await self.filled(**changed), files=files)

    async def ask_for_link(self, address: str = READER, **changed: object) -> httpx.Response:
        """Send the form that has a new link mailed."""
        token = self.form_token()
        return await self.press("/preferences", {"email": address, "form_token": token} | changed)

    def form_token(self, seconds: int = 20) -> str:
        """That of a public form shown so many seconds ago."""
        return form_tokens(self.app.settings).issue(self.clock() - timedelta(seconds=seconds))

    @property
    def mails(self) -> list[EmailMessage]:
        """All mails written so far, in order."""
        return mails_of(self.app)

    def joined(self, address: str = READER, **profile: Any) -> Subscriber:
        """A new active subscriber with one profile."""
        chosen = replace(Profile(keywords=("sparse autoencoder",)), **profile)
        return self.app.subscriptions.add(address, [chosen], Schedule(), self.clock(), active=True)

    def again(self, subscriber: Subscriber) -> Subscriber:
        """The subscriber as stored now."""
        found = self.app.store.subscribers.get(subscriber.stored_id)
        assert found
        return found

    def preferences(self, subscriber: Subscriber) -> str:
        """The path of one's own page."""
        return path_of(self.app.links.preferences(subscriber.stored_id, self.clock()))

    def unsubscribe(self, subscriber: Subscriber) -> str:
        """The path to leave by."""
        now = self.again(subscriber)
        return path_of(self.app.links.unsubscribe(now.stored_id, now.unsubscribe_serial))

    def digest(self, subscriber: Subscriber, *papers: Paper, **values: Any) -> Digest:
        """A stored digest of today with these papers, its delivery planned."""
        return store_digest(self.app, subscriber, *papers, **values)


@asynccontextmanager
async def trial(folder: Path, *, address: str = "203.0.113.5", **web: Any) -> AsyncIterator[Trial]:
    """The pages, visited from ``address``."""
    clock = Watch()
    app = open_app(folder, clock, **web)
    transport = httpx.ASGITransport(make_web(app), client=(address, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://digest.test") as client:
        yield Trial(app, client, clock)
    app.close()


def mails_of(app: App) -> list[EmailMessage]:
    """All mails written so far, in order."""
    files = sorted((app.settings.folder / "outbox").glob("*.eml"))
    return [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in files]


def link_in(mail: EmailMessage, kind: str) -> str:
    """The path of the first link of a kind (``confirm``, ``preferences``) in a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"https?://\S+/{kind}/\S+", body.get_content())
    assert found, f"no {kind} link"
    return path_of(found.group())


def path_of(link: str) -> str:
    """A link without its host."""
    return httpx.URL(link).path


def store_digest(app: App, subscriber: Subscriber, *papers: Paper, **values: Any) -> Digest:
    """A digest of today with these papers, its delivery planned."""
    now = app.clock()
    app.store.papers.add(papers, now)
    stored = app.store.papers.by_keys([paper.key for paper in papers])
    profile = subscriber.profiles[0]
    items = tuple(
        DigestItem(
            position=place,
            paper=stored[paper.key],
            profile_id=profile.id,
            profile_name=profile.name,
            score=0.8,
            reasons=(Reason(ReasonKind.KEYWORD, ("sparse autoencoder",)),),
        )
        for place, paper in enumerate(papers, 1)
    )
    given: dict[str, Any] = {"subscriber_id": subscriber.id, "date": now.date(), "items": items}
    digest = Digest(**(given | {"due_at": now, "prepared_at": now} | values))
    plan = DigestPlan(
        subscriber_id=subscriber.stored_id,
        address=subscriber.email,
        digests=(digest,),
        was_due_at=subscriber.next_due_at,
        releases=subscriber.releases,
        next_due_at=subscriber.next_due_at or now,
        send_empty=subscriber.schedule.send_empty,
    )
    return app.store.digests.record([plan])[0]
