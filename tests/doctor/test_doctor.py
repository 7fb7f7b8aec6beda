"""All checks together, on an installation whose mail leaves by a server on this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeClock
from dns_server import ROOT, serving, text
from web_apps import open_app

from digestmail.config import MailSettings, Settings, SmtpSection
from digestmail.doctor import Check, examine
from digestmail.doctor.dns.lookups import Dns

TABLE = {
    **ROOT,
    ("digest.test", "TXT"): [text("v=spf1 ip4:192.0.2.1 -all")],
    ("digest.test", "MX"): ["10 mail.digest.test."],
    ("_dmarc.digest.test", "TXT"): [text("v=DMARC1; p=none")],
    ("mail.digest.test", "A"): ["192.0.2.1"],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["mail.digest.test."],
}
IN_TURN = (
    "database migrations disk templates pages sender addresses operator dkim-settings proxies"
    " mailbox secret-key relay tls spf dkim dmarc mx ptr public-url one-click model sources"
)


@pytest.fixture
def settings(tmp_path: Path, clock: FakeClock) -> Iterator[Settings]:
    """Of an installation that nobody listens for, neither as relay nor as web server."""
    app = open_app(tmp_path, clock, home="http://127.0.0.1:1")
    mail = MailSettings(from_address="post@digest.test")
    smtp = SmtpSection(host="127.0.0.1", port=1, tls="none")
    yield app.settings.model_copy(update={"mail": mail, "smtp": smtp})
    app.close()


def examined(settings: Settings, clock: FakeClock, **values: Any) -> dict[str, Check]:
    asked: list[tuple[str, str]] = values.pop("asked", [])
    with serving(TABLE, asked) as at:
        checks = list(examine(settings, Dns(at), clock, public_addresses=lambda: ["192.0.2.1"]))
    return {check.name.replace(" ", "-"): check for check in checks}


def test_each_check_has_its_line(settings: Settings, clock: FakeClock) -> None:
    checks = examined(settings, clock)
    assert list(checks) == IN_TURN.split()
    assert [name for name, check in checks.items() if check.ok is False] == ["relay", "sources"]
    for name in ("tls", "spf", "mx", "ptr"):
        assert checks[name].ok, checks[name].text
    assert checks["one-click"].ok is None
    assert all("\n" not in check.text for check in checks.values())


def test_where_no_mail_goes_out_nothing_is_asked(settings: Settings, clock: FakeClock) -> None:
    trial = settings.mail.model_copy(update={"outbox": "sent"})
    asked: list[tuple[str, str]] = []
    checks = examined(settings.model_copy(update={"mail": trial}), clock, asked=asked)
    left_out = {"mailbox", "tls", "spf", "dkim", "dmarc", "mx", "ptr"}
    assert set(IN_TURN.split()) - checks.keys() == left_out
    assert asked == []


def test_settings_that_cannot_be_used_are_told_once(settings: Settings, clock: FakeClock) -> None:
    broken = settings.dkim.model_copy(update={"key_file": "absent.pem", "selector": "s1"})
    checks = examined(settings.model_copy(update={"dkim": broken}), clock)
    assert [name for name, check in checks.items() if "absent.pem" in check.text] == ["sender"]
    assert "spf" not in checks
    assert checks["sources"].ok is False
