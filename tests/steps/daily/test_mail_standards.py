"""The mails as they go out, signed: blameless to a strict parser, a verifier and SpamAssassin."""

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import dkim
import pytest
from needs import needs
from steps_world import IDENTITY, NOW, arrive, composer, digest, join, planned

from digestmail.domain import DeliveryKind, Message, Subscriber
from digestmail.mail.dkim import load_key
from digestmail.resources import SAMPLE_PAPERS
from digestmail.steps.daily.compose import Composer
from digestmail.store import Store

RELAYED = (
    "Received: from relay.example.org (relay.example.org [185.15.59.224])\r\n"
    "\tby mx.example.net with ESMTPS id 4X; Fri, 20 Nov 2026 06:00:02 +0000\r\n"
    "Received: from digest.example.org (digest.example.org [91.198.174.192])\r\n"
    "\tby relay.example.org with ESMTPSA id 7F; Fri, 20 Nov 2026 06:00:01 +0000\r\n"
)
HOME = "https://digest.example.org"
LETTERS = (DeliveryKind.CONFIRM, DeliveryKind.LINK)
_RULE = re.compile(r"^ *(-?\d+\.\d) (\w+) ", re.M)
Blame = Callable[..., dict[str, float]]
Write = Callable[[DeliveryKind], Message]


@pytest.fixture
def signed(store: Store, tmp_path: Path) -> Composer:
    """Builds the mails as an installation with all recommended settings does."""
    path = tmp_path / "seed"
    path.write_bytes(base64.b64encode(b"s" * 32))
    who = replace(
        IDENTITY,
        reply_to="help@digest.example.org",
        bounce_address="b@bounce.digest.example.org",
    )
    return replace(
        composer(store),
        identity=who,
        dkim=load_key(path, "s1", "digest.example.org"),
        unsubscribe_address="unsubscribe@digest.example.org",
    )


def samples() -> list[dict[str, Any]]:
    """Ten papers like real ones."""
    lines = SAMPLE_PAPERS.read_text(encoding="utf-8").splitlines()
    return [
        {
            "title": one["title"],
            "abstract": one["abstract"],
            "authors": tuple(one["authors"]),
            "categories": tuple(one["categories"]),
            "url": f"https://arxiv.org/abs/{one['id']}",
            "published_at": NOW.replace(day=date.fromisoformat(one["published"]).day),
        }
        for one in map(json.loads, lines[:10])
    ]


def digest_of(store: Store, composer: Composer, reader: Subscriber) -> Message:
    papers = [arrive(store, number, **values)[0] for number, values in enumerate(samples(), 1)]
    (stored,) = store.digests.record([planned(reader, digest(reader, papers))])
    delivery = store.ledger.of_digests([stored.stored_id])[stored.stored_id]
    return composer.message(delivery, reader.recipient, NOW)


@pytest.fixture
def write(store: Store, signed: Composer) -> Write:
    """The mail of a kind to Ada."""

    def write(kind: DeliveryKind) -> Message:
        ada = join(store)
        if kind is DeliveryKind.DIGEST:
            return digest_of(store, signed, ada)
        store.ledger.plan(kind, ada.stored_id, ada.email, "letter:1", NOW)
        (delivery,) = store.ledger.of_subscriber(ada.stored_id)
        return signed.message(delivery, ada.recipient, NOW)

    return write


def read_strictly(message: Message) -> EmailMessage:
    """Parse a mail; the least defect in it raises."""
    read = message_from_bytes(message.raw, policy=SMTP.clone(raise_on_defect=True))
    assert isinstance(read, EmailMessage)
    for part in read.walk():
        assert not part.defects
        if part.get_content_maintype() == "text":
            assert isinstance(part, EmailMessage)
            assert part.get_content()
    return read


@pytest.mark.parametrize("kind", [DeliveryKind.DIGEST, *LETTERS])
def test_a_strict_parser_is_happy(write: Write, kind: DeliveryKind) -> None:
    message = write(kind)
    mail = read_strictly(message)
    assert len({name.lower() for name in mail}) == len(mail.keys())
    assert getaddresses([mail["To"]]) == [("", message.recipient)]
    assert mail["From"].addresses[0].domain == "digest.example.org"
    assert mail["Reply-To"] == "help@digest.example.org"
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == message.message_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert not {"return-path", "precedence", "sender"} & {name.lower() for name in mail}
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("kind", [DeliveryKind.DIGEST, *LETTERS])
def test_the_bytes_are_such_as_any_relay_takes(write: Write, kind: DeliveryKind) -> None:
    raw = write(kind).raw
    head, _, body = raw.partition(b"\r\n\r\n")
    assert raw.isascii()
    assert b"\0" not in raw
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    long = [line for line in head.split(b"\r\n") if len(line) > 78]
    assert all(line.startswith(b"List-Unsubscribe: <https://") for line in long)
    assert max(map(len, head.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("kind", [DeliveryKind.DIGEST, *LETTERS])
def test_the_envelope_sender_is_signed_and_our_own(write: Write, kind: DeliveryKind) -> None:
    local, _, domain = write(kind).sender.rpartition("@")
    assert re.fullmatch(r"b\+k[0-9a-f]{3}(?:-[0-9a-z]+){3}-[a-z2-7]{26}", local)
    assert (len(local) <= 64, domain) == (True, "bounce.digest.example.org")


def test_a_digest_says_how_to_leave(write: Write) -> None:
    message = write(DeliveryKind.DIGEST)
    mail = read_strictly(message)
    leave = re.fullmatch(
        r"<(https://digest\.example\.org/unsubscribe/[^<> ]+)>,"
        r" <mailto:unsubscribe\+[^<> ]+@digest\.example\.org\?subject=unsubscribe>",
        mail["List-Unsubscribe"],
    )
    assert leave
    assert leave[1].encode() in message.raw.partition(b"\r\n\r\n")[0]  # neither folded nor encoded
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-ID"] == "Daily papers <daily.digest.example.org>"
    assert (mail["List-Help"], mail["List-Post"]) == (f"<{HOME}/help>", "NO")
    assert mail["Feedback-ID"] == "d20261120:daily:digest:digestmail"


@pytest.mark.parametrize("kind", LETTERS)
def test_a_letter_is_no_list_mail(write: Write, kind: DeliveryKind) -> None:
    mail = read_strictly(write(kind))
    assert [name for name in mail if name.startswith(("List-", "Feedback"))] == []


@pytest.mark.parametrize("kind", [DeliveryKind.DIGEST, *LETTERS])
def test_the_signature_verifies(write: Write, signed: Composer, kind: DeliveryKind) -> None:
    assert signed.dkim
    record = signed.dkim.record.encode()
    assert dkim.verify(write(kind).raw, dnsfunc=lambda *_, **__: record)


@pytest.fixture
def blame(tmp_path: Path) -> Blame:
    """The rules that cost a mail points at its receiver, of those that need no network."""
    needs(shutil.which("spamassassin"), "spamassassin is not installed")

    def blame(message: Message, trace: str = RELAYED) -> dict[str, float]:
        done = subprocess.run(
            ["spamassassin", "--local", "--test-mode", "--nocreate-prefs"],
            input=f"Return-Path: <{message.sender}>\r\n{trace}".encode() + message.raw,
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=True,
        )
        report = done.stdout.decode().rpartition("Content analysis details:")[2]
        assert _RULE.search(report), done.stdout.decode()
        points = {rule: float(points) for points, rule in _RULE.findall(report)}
        return {rule: count for rule, count in points.items() if count > 0}

    return blame


@pytest.mark.parametrize("kind", [DeliveryKind.DIGEST, *LETTERS])
def test_spamassassin_blames_nothing(write: Write, blame: Blame, kind: DeliveryKind) -> None:
    message = write(kind)
    assert blame(message) == blame(message, trace="") == {}


def test_spamassassin_does_blame_a_bad_mail(write: Write, blame: Blame) -> None:
    letter = write(DeliveryKind.CONFIRM)
    spam = letter.raw.replace(b"Subject: ", b"Subject: VIAGRA!! FREE MONEY ", 1)
    spam = re.sub(rb"\r\n(Date|Message-ID): [^\r]*", b"", spam)
    assert sum(blame(replace(letter, raw=spam)).values()) > 1
