"""Messages that come back, made up for the tests; and the real ones beside the checkout."""

from collections.abc import Iterator
from pathlib import Path

from needs import needs

FIXTURES = Path(__file__).resolve().parents[1] / ".." / "shared" / "fixtures" / "bounces"
HOME = "b@digest.example.org"


def fixtures() -> Iterator[tuple[str, bytes]]:
    """The real bounces by short name; skips where they are not."""
    needs(FIXTURES.is_dir(), f"no bounce messages at {FIXTURES}")
    for path in sorted(FIXTURES.iterdir()):
        if path.suffix in (".eml", ".txt"):
            name = path.stem.removeprefix("maildir__dos__").removeprefix("test__bounces__")
            yield name, path.read_bytes()


def to_token(token: str = "") -> str:
    """The address that a mail with this token bounces to."""
    return HOME.replace("@", f"+{token}@") if token else HOME


def dsn(
    token: str = "",
    status: str = "5.1.1",
    action: str = "failed",
    text: str = "",
    number: int = 1,
    address: str = "ada@example.net",
) -> bytes:
    """A delivery status notification of RFC 3464, which the server named too."""
    text = text or f"550 {status} no"
    return f"""\
Return-Path: <>
Delivered-To: {to_token(token)}
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to_token(token)}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{number}@mx.example.net>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=b"

--=b
Content-Type: text/plain

I could not deliver your message.

--=b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {text}

--=b--
""".encode()


def complaint(mail_from: str, unsubscribe: str = "", feedback: str = "abuse") -> bytes:
    """A feedback report of RFC 5965, sent to an address without a token."""
    return f"""\
From: feedback@provider.example
To: abuse@digest.example.org
Subject: FW: your papers of today
Message-ID: <arf-1@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="=a"

--=a
Content-Type: text/plain

This is an abuse report.

--=a
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: Loop/1.0
Version: 1
Original-Mail-From: <{mail_from}>
Original-Rcpt-To: <ada@example.net>

--=a
Content-Type: message/rfc822

List-Unsubscribe: <mailto:leave+{unsubscribe}@digest.example.org>
Subject: your papers of today

Spam detection with graph networks
--=a--
""".encode()


def letter(subject: str = "Hello", to: str = HOME, extra: str = "", text: str = "Hi") -> bytes:
    """A mail from a person or a program that acts for one. ``extra``: header lines."""
    head = f"From: Ada <ada@example.net>\nTo: {to}\nSubject: {subject}\nMessage-ID: <l@x.example>\n"
    return f"{head}{extra}\n{text}\n".encode()
