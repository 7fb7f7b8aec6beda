"""The failure matrix: what a reply means."""

from datetime import timedelta

import pytest

from digestmail.domain import Outcome, Phase, SendResult
from digestmail.mail.transport.replies import Fault, classify, fault, retry_after

BEFORE = (Phase.CONNECT, Phase.HELLO, Phase.AUTH, Phase.MAIL)


@pytest.mark.parametrize("phase", BEFORE)
@pytest.mark.parametrize("code", [-1, 0, 421, 450, 535, 550, 554])
def test_before_the_recipient_nobody_is_blamed(phase: Phase, code: int) -> None:
    assert classify(phase, code, "no").outcome is Outcome.SERVER


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


ABOUT_US = (
    "450 4.7.1 Error: too much mail from 127.0.0.1",
    "452 4.3.1 Insufficient system storage",
    "451 4.7.0 Temporary server error. Please try again later. PRX2",
    "550 5.7.1 Sending quota exceeded",
    "554 5.7.1 Message rejected due to reputation",
    "451 4.3.0 Temporary lookup failure",
    "450 4.7.25 Client host rejected: cannot find your hostname, [1.2.3.4]",
    "554 5.7.1 <c.example[1.2.3.4]>: Client host rejected: Access denied",
    "454 4.7.1 <a@b.c>: Relay access denied",
    "550 5.7.0 Local Policy violation",
    "450 4.1.8 <daily@d.e>: Sender address rejected: Domain not found",
    "450 4.7.1 <h>: Helo command rejected: Host not found",
    "451 Authentication failed: Maximum credits exceeded",
    "454 Throttling failure: Daily message quota exceeded.",
    "454 Throttling failure: Maximum sending rate exceeded.",
    "550 5.4.5 Daily user sending limit exceeded.",
    "550 5.4.5 Daily sending quota exceeded. a1-20020 - gsmtp",
    "452 4.5.3 Your message has too many recipients",
    "452 4.5.3 Too many recipients",
    "451 4.7.1 Ratelimit exceeded, try again later",
    "554 5.2.0 SubmissionQuotaExceededException; failed to process message",
    "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.",
    "550 5.1.90 Your message can't be sent: you've reached your daily limit for recipients",
    "550 5.7.501 Service unavailable, Client host [1.2.3.4] blocked using Spamhaus.",
    "550 5.1.8 Access denied, bad outbound sender",
    "450 4.7.0 Mail send limit exceeded",
    "550 Domain example.com has exceeded the max emails per hour (150/150 (100%)) allowed.",
    "550 5.4.6 Unusual sending activity detected",
    "550 5.4.6 Outgoing mailing is blocked",
    "554 5.7.1 Message rejected under suspicion of SPAM",
    "450 4.2.1 You have sent too many messages",
    "550 5.1.1 too many mails from you today",
    "452 Quota exceeded",
    "552 Quota exceeded",
    "552 5.2.0 over your monthly quota",
    "450 4.7.1 You have reached your sending limit",
    "554 5.7.1 Service unavailable; Client host [1.2.3.4] blocked using zen.spamhaus.org",
    "550 5.7.1 rejected by policy",
    "550 5.7.515 not authenticated",
    "530 must issue STARTTLS",
    "550 5.7.1 Your account has been suspended",
    "550 Connection frequency limited",
    "550 receiving limit of your plan",
    "451 4.7.651 The mail server [1.2.3.4] has been temporarily rate limited due to IP reputation",
    "553 5.7.1 [BL21] Connections will not be accepted from 1.2.3.4",
    "550 5.7.1 Mailbox sending limit reached",
    "451 Internal error",
    "451 4.3.5 Server configuration problem",
    "451 Temporary local problem - please try later",
    "451 4.7.1 Service unavailable - try again later",
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated.",
    "554 Message rejected: Email address is not verified.",
    "550 5.1.0 Address rejected, sender limit",
    "450 4.3.2 throttled",
    "550 5.7.1 Your organization has exceeded its quota",
    "450 4.2.2 Hourly quota exceeded",
    "452 4.2.2 Sending over quota",
    "550 You have exceeded the number of messages you may send per day",
    "451 4.4.4 Mail received as unauthenticated",
    "554 5.7.1 You are not allowed to send",
    "550 5.7.1 Unauthorized",
    "550 5.7.60 Client does not have permissions to send as this sender",
    "550 5.1.1 blocked using zen.spamhaus.org",
    "535 5.7.8 Authentication credentials invalid",
    "421 4.7.0 Messages from 192.0.2.4 temporarily deferred due to user complaints",
    "550 Outgoing mail quota exceeded",
    "550 Sender verify failed",
    "550 envelope sender domain must exist",
    "550 listed at zen, blocked for spam",
    "554 Relay access denied",
    "550 Access denied",
    "550 5.3.2 not accepting mail",
)
NOT_NOW = (
    "451 4.7.1 Greylisted, please try again later",
    "450 4.2.0 <a@b.c>: Recipient address rejected: Greylisted, see http://postgrey.example",
    "451 4.7.1 Greylisting in action, please come back in 00:05:00",
    "451 Temporary failure, please try again later.",
    "451 4.7.1 Try again later",
    "552 5.2.2 mailbox full",
    "452 4.2.2 The email account that you tried to reach is over quota",
    "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents more",
    "550 5.4.4 unable to route",
    "450 4.1.1 <a@b.c>: unverified address: Address verification in progress",
    "452 4.2.2 Mailbox full",
    "552 5.2.2 User over quota",
    "450 Requested mail action not taken: mailbox temporarily unavailable",
    "450 4.2.1 Mailbox busy",
    "450 4.7.1 Recipient address rejected: Please retry in 5 minutes",
    "552 over quota of the mailbox",
    "550 temporarily unavailable",
)
NO_MAILBOX = (
    "550 5.1.1 no such user; try again",
    "550 5.1.10 null MX",
    "501 5.1.3 bad syntax",
    "550 5.1.1 <a@example.org>: rejected",
    "550 No such user here",
    "550 User a@example.org does not exist",
    "550 Recipient address a@example.org: user unknown",
    "550 mailbox a@example.org is disabled",
    "550 5.1.1 The email account that you tried to reach does not exist. Please try",
    "550 5.1.1 <u@x.y>: Recipient address rejected: User unknown in virtual mailbox table",
    "550 5.2.1 The email account that you tried to reach is disabled.",
    "550 5.7.1 User unknown",
    "550 5.0.1 account closed",
    "550 5.1.1 User unknown; your message was rejected",
)
UNCLEAR = (
    "550 #5.1.0 Address rejected.",
    "550 5.5.0 mailbox unavailable",
    "550 Unrouteable address",
    "551 User not local",
    "553 mailbox name not allowed",
    "550 not today",
    "554 Transaction failed",
    "503 bad sequence",
    "554 5.5.1 no valid recipients",
    "554 go away",
    "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
    "554 5.7.1 <a@b.example>: Recipient address rejected: Access denied",
    "550 no separate rooms",
)
MESSAGE = (
    "552 message size exceeds",
    "552 5.3.4 big",
    "554 5.6.0 no",
    "552 5.3.4 Message size exceeds fixed limit",
    "554 5.6.0 Virus found",
    "550 5.2.3 Message too large",
    "554 Invalid Subject header",
)


def _at(phase: Phase, reply: str) -> SendResult:
    return classify(phase, int(reply[:3]), reply[4:])


@pytest.mark.parametrize("phase", [Phase.RCPT, Phase.DATA, Phase.END_OF_DATA])
@pytest.mark.parametrize("reply", ABOUT_US)
def test_our_rate_quota_and_reputation_are_the_relays_affair(phase: Phase, reply: str) -> None:
    """With every number and at every phase after the sender."""
    for code in (reply[:3], "450", "451", "452", "550", "552", "554"):
        text = reply[4:].replace(f"{reply[0]}.", f"{code[0]}.", 1)
        result = _at(phase, f"{code} {text}")
        assert (fault(result), result.outcome) == (Fault.RELAY, Outcome.DEFERRED), code


@pytest.mark.parametrize("reply", ABOUT_US)
def test_before_the_recipient_they_are_too(reply: str) -> None:
    assert _at(Phase.MAIL, reply).outcome is Outcome.SERVER


@pytest.mark.parametrize("reply", NOT_NOW)
def test_a_recipient_is_put_off(reply: str) -> None:
    result = _at(Phase.RCPT, reply)
    assert (fault(result), result.outcome) == (Fault.NOT_NOW, Outcome.DEFERRED)


@pytest.mark.parametrize("reply", NO_MAILBOX)
def test_only_some_refusals_leave_no_doubt(reply: str) -> None:
    result = _at(Phase.RCPT, reply)
    assert (fault(result), result.outcome) == (Fault.MAILBOX, Outcome.BOUNCED)
    assert _at(Phase.END_OF_DATA, reply).outcome is Outcome.REJECTED
    assert _at(Phase.RCPT, f"450 4{reply[5:]}").outcome is Outcome.DEFERRED


@pytest.mark.parametrize("reply", UNCLEAR)
def test_others_do(reply: str) -> None:
    result = _at(Phase.RCPT, reply)
    ours = reply.startswith("503")
    assert fault(result) is Fault.UNCLEAR
    assert result.outcome is (Outcome.REJECTED if ours else Outcome.BOUNCED)


@pytest.mark.parametrize("reply", MESSAGE)
@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT, Phase.END_OF_DATA])
def test_a_message_may_be_refused(phase: Phase, reply: str) -> None:
    result = _at(phase, reply)
    assert (fault(result), result.outcome) == (Fault.MESSAGE, Outcome.REJECTED)


@pytest.mark.parametrize("reply", ["552", "552 5.2.2 over quota", "452 4.3.1 no storage"])
def test_a_quota_at_the_sender_is_no_size(reply: str) -> None:
    assert _at(Phase.MAIL, reply).outcome is Outcome.SERVER


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
