"""The failure matrix: what a reply means."""

from datetime import timedelta

import pytest

from digestmail.domain import Outcome, Phase
from digestmail.mail.replies import classify, names_the_mailbox, retry_after

BEFORE = (Phase.CONNECT, Phase.HELLO, Phase.AUTH, Phase.MAIL)


@pytest.mark.parametrize("phase", BEFORE)
@pytest.mark.parametrize("code", [-1, 0, 421, 450, 535, 550, 554])
def test_before_the_recipient_nobody_is_blamed(phase: Phase, code: int) -> None:
    assert classify(phase, code, "no").outcome is Outcome.SERVER


@pytest.mark.parametrize(
    ("code", "text"), [(552, "message size exceeds"), (552, "5.3.4 big"), (554, "5.3.4 big")]
)
def test_a_declared_size_may_be_refused(code: int, text: str) -> None:
    assert classify(Phase.MAIL, code, text).outcome is Outcome.REJECTED


@pytest.mark.parametrize("phase", [Phase.RCPT, Phase.DATA, Phase.END_OF_DATA])
@pytest.mark.parametrize("code", [421, 450, 451, 452])
def test_not_now_is_deferred(phase: Phase, code: int) -> None:
    assert classify(phase, code, "4.2.0 greylisted").outcome is Outcome.DEFERRED


@pytest.mark.parametrize(
    ("phase", "outcome"),
    [
        (Phase.RCPT, Outcome.DEFERRED),
        (Phase.DATA, Outcome.DEFERRED),
        (Phase.END_OF_DATA, Outcome.UNKNOWN),
    ],
)
@pytest.mark.parametrize("code", [-1, 0, 354])
def test_a_lost_connection_is_unknown_only_after_the_dot(
    phase: Phase, outcome: Outcome, code: int
) -> None:
    assert classify(phase, code, "connection lost").outcome is outcome


@pytest.mark.parametrize("code", [550, 552, 554])
@pytest.mark.parametrize("phase", [Phase.DATA, Phase.END_OF_DATA])
def test_a_refused_message_is_not_the_address(phase: Phase, code: int) -> None:
    assert classify(phase, code, "5.1.1 whatever").outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("code", "text", "outcome"),
    [
        (550, "5.1.1 no such user; try again", Outcome.BOUNCED),
        (550, "5.1.10 null MX", Outcome.BOUNCED),
        (550, "#5.1.0 Address rejected.", Outcome.BOUNCED),
        (501, "5.1.3 bad syntax", Outcome.BOUNCED),
        (550, "5.2.1 mailbox disabled", Outcome.BOUNCED),
        (550, "5.5.0 mailbox unavailable", Outcome.BOUNCED),
        (550, "Unrouteable address", Outcome.BOUNCED),
        (551, "User not local", Outcome.BOUNCED),
        (553, "mailbox name not allowed", Outcome.BOUNCED),
        (550, "5.7.1 rejected by policy", Outcome.REJECTED),
        (550, "5.7.515 not authenticated", Outcome.REJECTED),
        (550, "5.1.8 bad outbound sender", Outcome.REJECTED),
        (550, "relay not permitted", Outcome.REJECTED),
        (554, "Relay access denied", Outcome.REJECTED),
        (550, "listed at zen, blocked for spam", Outcome.REJECTED),
        (530, "must issue STARTTLS", Outcome.REJECTED),
        (503, "bad sequence", Outcome.REJECTED),
        (552, "5.2.2 mailbox full", Outcome.DEFERRED),
        (552, "over quota", Outcome.DEFERRED),
        (550, "5.4.4 unable to route", Outcome.DEFERRED),
        (550, "5.3.2 not accepting mail", Outcome.DEFERRED),
        (550, "Connection frequency limited", Outcome.DEFERRED),
        (550, "receiving mail at a rate that prevents more", Outcome.DEFERRED),
        (550, "5.2.1 too many messages", Outcome.DEFERRED),
        (550, "no separate account", Outcome.BOUNCED),
    ],
)
def test_a_refused_recipient(code: int, text: str, outcome: Outcome) -> None:
    assert classify(Phase.RCPT, code, text).outcome is outcome


def test_accepted() -> None:
    result = classify(Phase.END_OF_DATA, 250, "2.0.0 Ok: queued as 7F3A")
    assert (result.outcome, result.enhanced) == (Outcome.SENT, "2.0.0")
    assert result.text == "2.0.0 Ok: queued as 7F3A"


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (550, "host 10.5.1.1 said no", ""),
        (450, "Exim 4.96.2", ""),
        (550, "4.7.1 wrong class", ""),
        (550, "5.1.1. Sorry", "5.1.1"),
        (550, "<a@b.c>:\n5.1.1 unknown", "5.1.1"),
        (-1, "5.1.1", ""),
    ],
)
def test_enhanced_codes(code: int, text: str, enhanced: str) -> None:
    assert classify(Phase.RCPT, code, text).enhanced == enhanced


def test_the_text_is_one_short_line() -> None:
    result = classify(Phase.RCPT, 550, "no\r\n\x1b[31muser\udcff " + "x" * 9000)
    assert result.text.startswith("no [31muser xxx")
    assert result.text.isprintable()
    assert len(result.text) == 500


def test_a_malformed_reply_has_no_code() -> None:
    assert classify(Phase.RCPT, -1, "garbage").code == 0


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 5), (1, 5), (2, 15), (3, 30), (4, 60), (5, 60), (99, 60)]
)
def test_waits_longer_each_time(attempts: int, minutes: int) -> None:
    assert retry_after(attempts, "4.2.0 greylisted") == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Greylisted, try again in 300 seconds", 300),
        ("please retry after 10 min", 600),
        ("try again in 1 second", 60),
        ("try again in 999999 minutes", 7200),
        ("try again, 3 servers failed", 300),
    ],
)
def test_waits_as_long_as_told(text: str, seconds: int) -> None:
    assert retry_after(1, text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "Domain x.org has exceeded the max emails per hour (150/150) allowed",
        "Sending limit exceeded",
        "Outgoing mail quota exceeded",
        "Access denied",
        "Sender verify failed",
        "envelope sender domain must exist",
    ],
)
def test_what_the_relay_says_of_us_is_no_bounce(text: str) -> None:
    assert classify(Phase.RCPT, 550, text).outcome is not Outcome.BOUNCED


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("5.1.1 <a@example.org>: rejected", True),
        ("No such user here", True),
        ("User a@example.org does not exist", True),
        ("Recipient address a@example.org: user unknown", True),
        ("mailbox a@example.org is disabled", True),
        ("Transaction failed", False),
        ("not today", False),
    ],
)
def test_only_some_refusals_leave_no_doubt(text: str, sure: bool) -> None:
    assert names_the_mailbox(classify(Phase.RCPT, 550, text)) is sure
