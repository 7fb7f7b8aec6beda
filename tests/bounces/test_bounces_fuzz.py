"""What strangers send: no bytes raise anything, and none cost more than a second of CPU time."""

import base64
import json
from itertools import product
from random import Random
from time import process_time

import pytest
from bounce_letters import NOTICES
from bounce_samples import complaint, dsn, letter
from conftest import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from digestmail.bounces import Kind, classify, parse
from digestmail.bounces.webhooks import UncheckableError, WebhookError, Webhooks

SAMPLES = (dsn(), complaint("b@x.example"), letter(), *(raw for _, raw in NOTICES.values()))
MOST_SECONDS = 1.0  # of CPU time; the slowest of these take a tenth
SIZE = 100_000

# Bits of which a hostile message consists again and again.
BITS = (
    b"\n",
    b"\r\n \r\n",
    b"a",
    b" ",
    b'";',
    b";a=",
    b"(",
    b"<",
    b"<<",
    b"@",
    b"a@",
    b"a@a.",
    b"a.",
    b"-",
    b"> ",
    b"*",
    b"[",
    b":",
    b"/",
    b"1",
    b"=?utf-8?q?a?= ",
    b"=?x?b?!",
    b"user ",
    b"user account address ",
    b"sender from ip ",
    b"quota exceeded mailbox ",
    b"550 5.1.1 ",
    b"too many ",
    b"said: 550 ",
    b"to: ",
    b"<style>",
    b"<!--",
    b"&#",
    b"{",
    b'{"notificationType":',
    b"--b\n",
    b"--b\n\n",
    b"\x1b$B",
    b"\xe9\xa2",
    b"\x00",
    b"Action: failed\n\n",
    b"Action: failed\nStatus: 5.1.1\n\n",
    b"To: a@b.example\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
    "адрес ".encode(),
    "地址".encode(),
)
_HEAD = b"From: MAILER-DAEMON@x.example\nReturn-Path: <>\nMIME-Version: 1.0\n"
_REPORT = _HEAD + b"Content-Type: multipart/report; boundary=b\n\n--b\n"
# Where they stand in it.
PLACES = {
    "field": _HEAD + b"Subject: ",
    "folded field": _HEAD + b"To: x\n ",
    "parameter": _HEAD + b'Content-Type: text/plain; charset="',
    "boundary": _HEAD + b"Content-Type: multipart/mixed; boundary=",
    "text": _HEAD + b"Subject: failure notice\n\n",
    "html": _HEAD + b"Content-Type: text/html\n\n",
    "quoted-printable": _HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n",
    "uuencoded": _HEAD + b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n",
    "parts": _HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
    "status": _REPORT + b"Content-Type: message/delivery-status\n\n",
    "diagnostic": _REPORT
    + b"Content-Type: message/delivery-status\n\nAction: failed\nDiagnostic-Code: smtp; ",
    "feedback": _REPORT + b"Content-Type: message/feedback-report\n\n",
    "copy": _REPORT + b"Content-Type: text/rfc822-headers\n\n",
    "returned": _REPORT + b"Content-Type: message/rfc822\n\n",
    "anywhere": b"",
}


def seconds_for(raw: bytes) -> float:
    start = process_time()
    report = parse(raw)
    spent = process_time() - start
    assert report.text.removeprefix("cannot be read: ") in (report.text, "RecursionError")
    return spent


@pytest.mark.parametrize("place", PLACES)
def test_nothing_costs_more_than_a_second(place: str) -> None:
    slow = {bit: seconds_for(PLACES[place] + bit * (SIZE // len(bit))) for bit in BITS}
    assert {bit: spent for bit, spent in slow.items() if spent > MOST_SECONDS} == {}


def test_nor_do_more_bytes() -> None:
    for place, bit in product(("status", "text", "parts"), (b"\n", b"--b\n\n", b"user ")):
        assert seconds_for(PLACES[place] + bit * (4_000_000 // len(bit))) < MOST_SECONDS


def test_nor_do_parts_in_parts() -> None:
    for levels in (100, 300, 900):
        raw = _HEAD
        for level in range(levels):
            raw += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        assert seconds_for(raw + b"\nlost\n" * ((SIZE - len(raw) % SIZE) // 6)) < MOST_SECONDS


def mutated(raw: bytes, random: Random) -> bytes:
    """A message with some bytes changed, cut out, doubled, or exchanged for one of the bits."""
    for _ in range(random.randint(1, 8)):
        start = random.randrange(len(raw) + 1)
        end = start + random.choice((0, 1, 8, 60))
        new = random.choice((b"", raw[start:end] * 2, random.randbytes(4), random.choice(BITS)))
        raw = raw[:start] + new + raw[end:]
    return raw


@pytest.mark.parametrize("charset", ["utf-8", "unicode_escape", "utf-7", "utf-16"])
@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/delivery-status", "text/plain"])
def test_letters_beyond_ascii_are_read_in_any_field(kind: str, charset: str) -> None:
    r"""Also in fields that are read out of a text; and \ud800 is half a letter."""
    head = f"Content-Type: {kind}; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
    fields = "Action: failed\nTo: Adé <ada@example.net>\nDiagnostic-Code: smtp; 550 é \\ud800\n"
    status = b"Content-Type: message/delivery-status\n\nFinal-Recipient: x\n\n--b\n"
    report = parse(_REPORT + status + (head + fields).encode())
    assert not report.text.startswith("cannot be read")
    report.text.encode()
    if kind == "text/rfc822-headers" and charset == "utf-8":
        assert report.address == "ada@example.net"


def test_damaged_messages_raise_nothing() -> None:
    random = Random(7)
    for number in range(3_000):
        raw = mutated(random.choice(SAMPLES), random) * (40 if number % 8 == 0 else 1)
        report = parse(raw)
        assert not report.text.startswith("cannot be read")
        assert "\x00" not in report.text + report.address + report.enhanced
        (report.text + report.address).encode()  # or it could not be stored


@settings(max_examples=200)
@given(st.text(max_size=40), st.text(max_size=400))
def test_words_raise_nothing(status: str, words: str) -> None:
    assert classify(status, words).kind in (Kind.HARD, Kind.SOFT, Kind.POLICY)


_PHRASES = ("user ", "unknown ", "quota ", "exceed ", "sender ", "ip ", "mailbox.", "4", "a@b.c ")


@settings(max_examples=50)
@given(st.lists(st.sampled_from(_PHRASES), min_size=1, max_size=6), st.integers(1_000, 20_000))
def test_words_cost_little(words: list[str], times: int) -> None:
    start = process_time()
    classify("5.1.1", "".join(words) * times)
    assert process_time() - start < MOST_SECONDS


# --- posts of providers ---------------------------------------------------------------------

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
_FIELDS = (
    *("RecordType", "Type", "ID", "Email", "Details", "TopicArn", "Timestamp", "SigningCertURL"),
    *("Signature", "SignatureVersion", "Message", "signature", "event-data", "event", "mail"),
)
_EVENT = st.dictionaries(st.sampled_from(_FIELDS), _VALUES | st.sampled_from(["Bounce", "t", "1"]))
_POSTMARK = {"authorization": "Basic " + base64.b64encode(b"hook:word").decode()}


def _unreachable(url: str) -> bytes:
    raise UncheckableError(url)


@settings(max_examples=200)
@given(st.sampled_from(["ses", "sendgrid", "mailgun", "postmark"]), _VALUES | _EVENT)
def test_posts_are_read_or_refused(provider: str, event: object) -> None:
    webhooks = Webhooks("t", "", "key", "word", _unreachable)
    body = json.dumps(event).encode()
    for headers in ({}, _POSTMARK, {"authorization": "Basic \xff"}):
        try:
            reports = webhooks.read(provider, headers, body, NOW)
        except WebhookError:
            continue
        assert all(report.kind in Kind and report.id.encode() for report in reports)


@pytest.mark.parametrize(
    "bit", [b"[", b'{"a":', b'"\\u', b"9", b"{}", b'{"event":"bounce"},', b"\xff"]
)
@pytest.mark.parametrize("provider", ["ses", "sendgrid", "mailgun", "postmark"])
def test_posts_cost_little(provider: str, bit: bytes) -> None:
    webhooks = Webhooks("t", "", "key", "word", _unreachable)
    for body in (bit * (SIZE // len(bit)), b'{"Message": [' + bit * (SIZE // len(bit))):
        start = process_time()
        with pytest.raises(WebhookError):
            webhooks.read(provider, _POSTMARK, body, NOW)
        assert process_time() - start < MOST_SECONDS
