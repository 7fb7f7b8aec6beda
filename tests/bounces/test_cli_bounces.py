"""The commands, from the command line to the database."""

import io
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bounce_samples import dsn, letter
from mailbox_servers import Box, imap

from digestmail.app import App
from digestmail.cli import main
from digestmail.config import load
from digestmail.domain import DeliveryKind, Profile, Schedule, SubscriberStatus
from digestmail.scheduler import make_scheduler

ADA = "ada@example.net"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """An installation made by ``init``, with Ada."""
    monkeypatch.chdir(tmp_path)
    made = ["init", "--public-url", "https://digest.example.org", "--from", "d@example.org"]
    assert run(*made) == 0
    app = App.open(load())
    profile = Profile(keywords=("graph",))
    app.subscriptions.add(ADA, [profile], Schedule(), app.clock(), active=True)
    return app


def run(*arguments: str) -> int:
    """A command's exit code."""
    sys.argv = ["digestmail", *arguments]
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """What a command prints as JSON."""
    capsys.readouterr()
    assert run(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def bounce(app: App) -> bytes:
    """A hard bounce of a mail to Ada."""
    known = app.store.subscribers.by_email(ADA)
    app.store.ledger.plan(DeliveryKind.LINK, known.stored_id, ADA, "link:1", app.clock())
    return dsn(app.links.bounce_token(app.store.ledger.of_subscriber(known.stored_id)[0].id))


def test_read_from_files(app: App, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "1.eml").write_bytes(bounce(app))
    (tmp_path / "2.eml").write_bytes(letter())
    told = printed(capsys, "bounce", "read", "1.eml", "2.eml", "1.eml")
    wanted = {"read": 3, "counted": 1, "repeated": 1, "unknown": 1, "given_up": 1}
    assert told == wanted | {"kinds": {"hard": 1}}
    (kept,) = printed(capsys, "bounce", "list")
    assert (kept["subscriber"], kept["kind"], kept["gave_up"]) == (ADA, "hard", True)
    app.close()


def test_read_from_a_pipe(
    app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bounce(app))))
    assert run("bounce", "read") == 0
    assert "1 addresses won't be emailed again" in capsys.readouterr().out
    app.close()


def test_a_file_that_is_not_there(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bounce", "read", "no.eml") == 1
    assert "cannot read no.eml: No such file" in capsys.readouterr().err
    app.close()


def test_fetch(
    app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    box = Box()
    box.add(bounce(app))
    box.add(letter())
    with imap(box) as url:
        monkeypatch.setenv("DIGESTMAIL_BOUNCES__MAILBOX", url)
        assert printed(capsys, "bounce", "fetch")["counted"] == 1
        assert printed(capsys, "bounce", "fetch")["read"] == 0
    assert list(box.messages) == [2]
    app.close()


def test_the_scheduler_reads_a_configured_mailbox(app: App, tmp_path: Path) -> None:
    assert make_scheduler(app).get_job("bounces") is None
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1").write_bytes(bounce(app))
    watching = App.open(load(environ={"DIGESTMAIL_BOUNCES__MAILBOX": "box"}))
    job = make_scheduler(watching).get_job("bounces")
    assert job.trigger.interval == timedelta(minutes=5)
    job.func()
    assert app.store.subscribers.by_email(ADA).status is SubscriberStatus.BOUNCED
    watching.close()
    app.close()


def test_a_dry_run_shows_how_each_is_understood_and_changes_nothing(
    app: App, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "1.eml").write_bytes(bounce(app))
    (tmp_path / "2.eml").write_bytes(letter())
    rows = printed(capsys, "bounce", "read", "--dry-run", "1.eml", "2.eml", "1.eml")
    first = {"kind": "failure", "class": "hard", "address": ADA, "code": "5.1.1"}
    assert rows[0] == rows[2] == {"file": "1.eml", **first, "words": "550 5.1.1 no"}
    other = {"kind": "unknown", "class": "", "address": "", "code": "", "words": "Hello"}
    assert rows[1] == {"file": "2.eml", **other}
    assert app.store.bounces.latest(9) == []
    assert app.store.subscribers.by_email(ADA).status is SubscriberStatus.ACTIVE
    app.close()


def test_a_dry_run_needs_no_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "1.eml").write_bytes(dsn(text="550 5.2.2 over quota"))
    assert run("bounce", "read", "--dry-run", "1.eml") == 0
    assert "soft" in capsys.readouterr().out
    assert run("bounce", "read", "--dry-run", "2.eml") == 1
    assert capsys.readouterr().err == "error: files: cannot read 2.eml: No such file or directory\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "1.eml"]


def test_fetch_without_a_mailbox(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("bounce", "fetch") == 78
    assert "bounces.mailbox is not set" in capsys.readouterr().err
    app.close()


def test_suppressions(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("suppression", "add", "Ada@Example.net") == 0
    (listed,) = printed(capsys, "suppression", "list")
    assert (listed["address"], listed["reason"]) == (ADA, "complained")
    assert run("suppression", "remove", ADA, "--yes") == 0
    assert "warning: " in capsys.readouterr().err
    assert printed(capsys, "suppression", "list") == []
    app.close()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "x"], "email"),
        (["add", ADA, "--reason", "left"], "bounced or complained"),
        (["remove", ADA, "--yes"], "is not suppressed"),
    ],
)
def test_wrong_suppressions(
    app: App, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert run("suppression", *arguments) == 1
    assert told in capsys.readouterr().err
    app.close()
