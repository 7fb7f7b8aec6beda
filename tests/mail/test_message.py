"""The headers and bytes of a mail."""

import base64
import hashlib
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.domain import Message
from digestmail.errors import ConfigError
from digestmail.mail.message import Identity, ListLinks, build, envelope_sender, message_id
from digestmail.text import one_line

STRICT = policy.default.clone(raise_on_defect=True)
LONG_URL = "https://digest.example.org/u/" + "t" * 271
LINKS = ListLinks(LONG_URL, "mailto:unsubscribe+t32@digest.example.org?subject=unsubscribe")
ME: dict[str, Any] = {
    "from_address": "daily@digest.example.org",
    "from_name": "digestmail",
    "reply_to": "help@digest.example.org",
    "bounce_address": "b@bounce.digest.example.org",
    "list_id": "daily.digest.example.org",
    "list_name": "digestmail daily papers",
    "sender_id": "digestmail",
    "help_url": "https://digest.example.org/help",
}


def identity(**changes: str) -> Identity:
    return Identity(**{**ME, **changes})


def built(*, who: Identity | None = None, **changes: Any) -> Message:
    arguments: dict[str, Any] = {
        "recipient": "alice@example.net",
        "subject": "12 new papers for you",
        "text": "Hello\n",
        "html": "<p>Hello</p>\n",
        "message_id": "<x@digest.example.org>",
        "date": datetime(2026, 11, 21, 6, 30, tzinfo=UTC),
        "campaign": "d20261121:daily:digest",
        "list_links": LINKS,
        "dkim": None,
    }
    return build(who or identity(), **{**arguments, **changes})


def parsed(message: Message) -> EmailMessage:
    result = message_from_bytes(message.raw, policy=STRICT)
    assert isinstance(result, EmailMessage)
    return result


def test_a_digest_has_exactly_these_headers() -> None:
    head = built().raw.split(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    boundary = hashlib.sha256(b"<x@digest.example.org>").hexdigest()[:32]
    assert head == [
        "From: digestmail <daily@digest.example.org>",
        "To: alice@example.net",
        "Reply-To: help@digest.example.org",
        "Subject: 12 new papers for you",
        "Date: Sat, 21 Nov 2026 06:30:00 +0000",
        "Message-ID: <x@digest.example.org>",
        "List-ID: digestmail daily papers <daily.digest.example.org>",
        f"List-Unsubscribe: <{LINKS.unsubscribe_url}>, <{LINKS.unsubscribe_mailto}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "List-Help: <https://digest.example.org/help>",
        "List-Post: NO",
        "Feedback-ID: d20261121:daily:digest:digestmail",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative;",
        f' boundary="=_{boundary}"',
    ]


def test_a_transactional_mail_offers_nothing_to_unsubscribe() -> None:
    mail = parsed(built(list_links=None))
    assert not [name for name in mail if name.startswith(("List-", "Feedback"))]
    assert mail["Auto-Submitted"] == "auto-generated"


def test_text_comes_before_html() -> None:
    text, html = parsed(built(text="π ≈ 3\n", html="<p>π ≈ 3</p>\n")).iter_parts()
    assert (text.get_content_type(), text.get_content()) == ("text/plain", "π ≈ 3\r\n")
    assert (html.get_content_type(), html.get_content()) == ("text/html", "<p>π ≈ 3</p>\r\n")


def test_parts_may_be_quoted_already() -> None:
    text, html = parsed(built(text=b"=C3=A4 =\r\nb\r\n", html=b"<p>=3D</p>\r\n")).iter_parts()
    assert (text.get_content(), html.get_content()) == ("ä b\r\n", "<p>=</p>\r\n")


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_no_line_end_is_bare_whatever_the_text(text: str) -> None:
    raw = built(text=text, html=text, subject=text).raw
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")


def test_the_wire_form_is_seven_bit_and_narrow() -> None:
    raw = built(text="ä" * 5000 + "\n.\nFrom x\n", html="<p>" + "ü" * 5000, subject="é" * 300).raw
    lines = raw.split(b"\r\n")
    head, body = lines[: lines.index(b"")], lines[lines.index(b"") :]
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, body)) <= 76
    assert max(map(len, head)) <= 998


def test_the_same_arguments_make_the_same_bytes() -> None:
    assert built() == built()


def test_a_folded_subject_keeps_its_hyphens_together() -> None:
    subject = "Ten new papers of today on many things now, with state-of-the-art-methods x"
    assert str(parsed(built(subject=subject))["Subject"]) == subject


@given(st.text(max_size=200))
def test_a_subject_is_read_as_it_was_meant(subject: str) -> None:
    mail = parsed(built(subject=subject))
    assert str(mail["Subject"]) == one_line(subject)
    assert mail["To"] == "alice@example.net"


@pytest.mark.parametrize(
    "subject",
    [
        "Für Łukasz – 12 “new” papers: 机器学习 😀, and " + "more " * 30 + "end",
        "=?utf-8?q?not_a_word?= is shown as typed",
        "word" * 300,
        "a,b;c " * 40 + "end",
    ],
)
def test_subjects_survive_folding(subject: str) -> None:
    raw = built(subject=subject).raw
    assert str(parsed(built(subject=subject))["Subject"]) == subject
    assert all(len(line) <= 76 for line in raw.split(b"\r\n") if b"=?" in line)


@pytest.mark.parametrize("name", ["Łukasz’s “daily” papers", "Lab, The (Bonn)", 'A "B" C', ""])
def test_names_survive(name: str) -> None:
    mail = parsed(built(who=identity(from_name=name)))
    assert mail["From"].addresses[0].display_name == name
    assert mail["From"].addresses[0].addr_spec == "daily@digest.example.org"


def test_a_long_name_is_folded() -> None:
    name = "Łukasz’s “daily” papers " * 6 + "x"
    head = built(who=identity(from_name=name)).raw.split(b"To: alice")[0]
    words, _, address = head.decode("ascii").rpartition("\r\n <")
    # Not read with EmailMessage: its parser puts blanks between the words of a phrase.
    assert str(make_header(decode_header(words.removeprefix("From: ")))) == name
    assert address == "daily@digest.example.org>\r\n"
    assert max(map(len, words.split("\r\n"))) <= 76


def test_a_header_cannot_be_smuggled_in() -> None:
    evil = "x\r\nBcc: eve@example.org\u2028\x00\x85y"
    mail = parsed(built(subject=evil, who=identity(from_name=evil), campaign=evil.strip("\x85")))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "x Bcc: eve@example.org y"


@pytest.mark.parametrize("url", ["https://bücher.example/u/t", "https://e.org/" + "t" * 990])
def test_a_link_that_cannot_stand_as_it_is_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="List-Unsubscribe"):
        built(list_links=ListLinks(url))


def test_envelope_senders() -> None:
    token = base64.b32encode(b"x" * 20).decode().lower()
    assert built(envelope_token=token).sender == f"b+{token}@bounce.digest.example.org"
    assert built().sender == "b@bounce.digest.example.org"
    assert envelope_sender(identity(bounce_address=""), token) == "daily@digest.example.org"


@pytest.mark.parametrize("token", ["t" * 63, "UPPER", "a b", "a@b", "a>b"])
def test_an_unsafe_envelope_sender_is_a_bug(token: str) -> None:
    with pytest.raises(ValueError, match="local part"):
        envelope_sender(identity(), token)


def test_message_ids_are_stable_and_ours() -> None:
    first, second = message_id(identity(), "7:2026-11-21"), message_id(identity(), "8:2026-11-21")
    assert first == message_id(identity(), "7:2026-11-21") != second
    assert first.startswith("<")
    assert first.endswith("@digest.example.org>")
    assert parsed(built(message_id=first))["Message-ID"] == first


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from_address", ""),
        ("from_address", "no address"),
        ("from_address", "daily@bücher.example"),
        ("bounce_address", "b"),
        ("sender_id", "four"),
        ("sender_id", "sixteen_letters_"),
    ],
)
def test_an_identity_that_cannot_stand_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        identity(**{name: value})
