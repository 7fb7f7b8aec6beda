"""Providers post bounces; who cannot prove it changes nothing."""

import base64
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conftest import NOW
from web_apps import Trial, trial

from digestmail.bounces.webhooks import WebhookError
from digestmail.config import BouncesSection
from digestmail.domain import SubscriberStatus
from digestmail.web.routes import webhooks
from digestmail.web.shared.bodies import LARGEST_REPORT

BOUNCE = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 4, "Email": "ada@example.org"}
PASSWORD = base64.b64encode(b"hook:word").decode()


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


def set_password(web: Trial) -> None:
    """As if the settings had it."""
    server: Any = web.client._transport
    section = BouncesSection.model_validate({"postmark_password": "word"})
    app = server.app
    app.state.webhooks = webhooks.make_webhooks(section)


async def test_a_proven_bounce_ends_the_mailing_once(web: Trial) -> None:
    set_password(web)
    ada = web.joined()
    for _ in range(2):
        headers = {"Authorization": f"Basic {PASSWORD}"}
        answer = await web.client.post("/hooks/postmark", json=BOUNCE, headers=headers)
        assert (answer.status_code, answer.text) == (200, "ok\n")
    assert web.again(ada).status is SubscriberStatus.BOUNCED
    assert len(web.app.store.bounces.latest(10)) == 1


@pytest.mark.parametrize("provider", ["ses", "sendgrid", "mailgun", "postmark"])
async def test_unproven_posts_change_nothing(web: Trial, provider: str) -> None:
    ada = web.joined()
    answer = await web.client.post(f"/hooks/{provider}", json=BOUNCE)
    assert answer.status_code == 403
    assert web.again(ada) == ada
    assert web.app.store.bounces.latest(10) == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
async def test_only_posts_are_taken(web: Trial, method: str) -> None:
    answer = await web.client.request(method, "/hooks/postmark")
    assert answer.status_code == 405


async def test_other_providers_are_not_there(web: Trial) -> None:
    assert (await web.client.post("/hooks/other", json=BOUNCE)).status_code == 404


async def test_a_post_that_is_too_large(web: Trial) -> None:
    answer = await web.client.post("/hooks/ses", content=b"x" * (LARGEST_REPORT + 1))
    assert answer.status_code == 413


def test_a_certificate_that_cannot_be_had_is_told() -> None:
    with pytest.raises(WebhookError, match="cannot be fetched"):
        webhooks.fetch("http://127.0.0.1:1/a.pem")


async def test_a_password_cannot_be_guessed_at_wire_speed(web: Trial) -> None:
    set_password(web)
    ada = web.joined()
    wrong = {"Authorization": "Basic " + base64.b64encode(b"hook:wrong").decode()}
    answers = [
        (await web.client.post("/hooks/postmark", json=BOUNCE, headers=wrong)).status_code
        for _ in range(32)
    ]
    assert answers == [403] * 30 + [429] * 2
    right = {"Authorization": f"Basic {PASSWORD}"}
    answer = await web.client.post("/hooks/postmark", json=BOUNCE, headers=right)
    assert (answer.status_code, web.again(ada)) == (429, ada)
    web.clock.move(hours=1, seconds=1)
    answer = await web.client.post("/hooks/postmark", json=BOUNCE, headers=right)
    assert answer.status_code == 200


async def test_posts_that_are_proven_are_not_limited(web: Trial) -> None:
    set_password(web)
    headers = {"Authorization": f"Basic {PASSWORD}"}
    for number in range(40):
        event = BOUNCE | {"ID": number}
        answer = await web.client.post("/hooks/postmark", json=event, headers=headers)
        assert answer.status_code == 200


def mailgun(event: dict[str, str], token: str) -> dict[str, object]:
    stamp = str(int(NOW.timestamp()))
    signature = hmac.new(b"the key", f"{stamp}{token}".encode(), "sha256").hexdigest()
    signed = {"timestamp": stamp, "token": token, "signature": signature}
    return {"signature": signed, "event-data": {"recipient": "ada@example.org", **event}}


@pytest.mark.parametrize(
    "first", [{"event": "opened"}, {"event": "failed", "severity": "temporary"}]
)
async def test_a_signature_of_mailgun_is_good_for_one_body(
    web: Trial, first: dict[str, str]
) -> None:
    section = BouncesSection.model_validate({"mailgun_key": "the key"})
    server: Any = web.client._transport
    server.app.state.webhooks = webhooks.make_webhooks(section)
    ada = web.joined()
    for event in (first, {"event": "complained"}):
        answer = await web.client.post("/hooks/mailgun", json=mailgun(event, "nonce"))
        assert answer.status_code == 200
    assert web.again(ada) == ada
    await web.client.post("/hooks/mailgun", json=mailgun({"event": "complained"}, "another"))
    assert web.again(ada).status is SubscriberStatus.COMPLAINED
