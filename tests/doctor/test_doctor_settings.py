"""Settings that cannot work, one after the other, on an installation that is sound without them."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.parse import quote

import pytest
from cli_shell import Shell
from conftest import NOW, FakeClock
from mailbox_servers import PASSWORD, USER, Box, imap, pop3
from web_apps import open_app

from digestmail.config import Settings
from digestmail.doctor import Check
from digestmail.doctor.model_check import examine_model
from digestmail.doctor.relay_check import examine_relays, examine_sender
from digestmail.doctor.settings_check import examine_settings
from digestmail.doctor.sources_check import examine_sources
from digestmail.doctor.store_check import examine_store
from digestmail.doctor.templates_check import examine_templates
from digestmail.domain import SourceSpec
from digestmail.errors import ConfigError
from digestmail.mailing import relay_settings
from digestmail.resources import TEMPLATES


@dataclass
class Installation:
    """A sound installation with one source, and what is changed in its settings."""

    settings: Settings

    def examined(self, **changed: Any) -> list[Check]:
        """The findings when sections (``mail``) or settings have these values."""
        values = json.loads(self.settings.model_dump_json(exclude={"folder"}))
        values["secret_key"] = self.settings.secret_key.get_secret_value()
        for name, value in changed.items():
            values[name] = values[name] | value if isinstance(value, dict) else value
        settings = Settings.model_validate({**values, "folder": self.settings.folder})
        return [
            *examine_store(settings),
            *examine_sender(settings),
            *examine_settings(settings),
            *examine_relays(settings),
            examine_model(settings),
            *examine_sources(settings),
        ]

    def wrong(self, **changed: Any) -> list[str]:
        """What the doctor calls wrong, each in one line."""
        checks = self.examined(**changed)
        assert all("\n" not in check.text and "Traceback" not in check.text for check in checks)
        return [f"{check.name}: {check.text}" for check in checks if check.ok is False]


@pytest.fixture
def sound(tmp_path: Path, clock: FakeClock) -> Installation:
    """An installation with which nothing is wrong."""
    app = open_app(tmp_path, clock, home="http://127.0.0.1:1")
    (tmp_path / "papers.jsonl").write_text('{"id": "t:1", "title": "Sea ice"}\n')
    spec = SourceSpec(name="lab", kind="file", options={"path": "papers.jsonl"})
    app.store.sources.add(spec, NOW)
    app.close()
    return Installation(app.settings)


def test_a_sound_installation_has_nothing_wrong(sound: Installation) -> None:
    assert sound.wrong() == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"operator_email": "nonsense"}, "operator: operator_email:"),
        ({"operator_email": "Ops <ops at example>"}, "operator: operator_email:"),
        ({"operator_email": "a@b@example.org"}, "operator: operator_email:"),
        ({"mail": {"reply_to": "nobody"}}, "reply_to"),
        ({"mail": {"bounce_address": "@example.org"}}, "bounce_address"),
        ({"mail": {"from_address": "daily@"}}, "from_address"),
        ({"mail": {"unsubscribe_address": "leave me"}}, "unsubscribe_address"),
        ({"mail": {"outbox": "papers.jsonl"}}, "relay: outbox"),
        ({"web": {"trusted_proxies": ["nginx"]}}, "proxies: web.trusted_proxies: 'nginx'"),
        ({"web": {"trusted_proxies": ["10.0.0.0/33"]}}, "proxies: web.trusted_proxies"),
        ({"semantic": {"model": "no-such-model"}}, "model: semantic.model"),
        ({"semantic": {"model": "."}}, "model: semantic.model"),
        ({"semantic": {"model": "../../etc/passwd"}}, "model: semantic.model"),
        ({"bounces": {"mailbox": "nonsense"}}, "mailbox: bounces.mailbox"),
        ({"bounces": {"mailbox": "ftp://a:b@example.org"}}, "mailbox: bounces.mailbox"),
        ({"bounces": {"mailbox": "imaps://example.org"}}, "mailbox: bounces.mailbox"),
        (
            {"bounces": {"mailbox": "imap://a:b@127.0.0.1:1/x"}},
            "mailbox: cannot read the bounce mailbox",
        ),
        ({"bounces": {"mailbox": "imap://a:b@127.0.0.1:port"}}, "mailbox: bounces.mailbox"),
        ({"bounces": {"ses_topic": "my-topic"}}, "webhooks: bounces.ses_topic"),
        ({"bounces": {"sendgrid_key": "bm9uc2Vuc2U="}}, "webhooks: bounces.sendgrid_key"),
        ({"dkim": {"selector": "s1"}}, "dkim settings: dkim.domain and dkim.key_file"),
        ({"dkim": {"selector": "s", "domain": "d.test", "key_file": "no.pem"}}, "sender: DKIM key"),
        (
            {"dkim": {"selector": "s", "domain": "d.test", "key_file": "papers.jsonl"}},
            "sender: DKIM key",
        ),
        ({"database_url": "sqlite:///no/such/folder.db"}, "database: no database at"),
        ({"database_url": "sqlite:///papers.jsonl"}, "not a digestmail database"),
        ({"database_url": "mysql://x"}, "database: database_url"),
        ({"secret_key": "abcabcabc" * 5}, "secret key: repeats only a few characters"),
        (
            {"old_secret_keys": ["a secret of the tests, 32 letters"]},
            "secret key: it is also in old_secret_keys",
        ),
    ],
)
def test_nonsense_is_told(sound: Installation, changed: dict[str, Any], told: str) -> None:
    wrong = sound.wrong(**changed)
    assert [line for line in wrong if told in line], wrong


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ca_file": "no.pem", "host": "127.0.0.1", "port": 1}, "ca_file"),
        ({"username": "me", "host": "127.0.0.1"}, "username and password: set both or none"),
        ({"password_file": "no.txt", "username": "me"}, "password_file"),
        ({"password_file": "papers.jsonl", "password": "x", "username": "me"}, "are both set"),
        ({"host": "127.0.0.1", "port": 1, "tls": "none"}, "127.0.0.1:1: connect"),
    ],
)
def test_a_relay_that_cannot_be_used_is_told(
    sound: Installation, changed: dict[str, Any], told: str
) -> None:
    (line,) = sound.wrong(mail={"outbox": ""}, smtp=changed)
    assert line.startswith("relay: ")
    assert told in line


def test_each_relay_has_its_line(sound: Installation) -> None:
    relay = {"host": "127.0.0.1", "tls": "none"}
    relays = [relay | {"port": 1}, relay | {"port": 2}]
    wrong = sound.wrong(mail={"outbox": ""}, smtp=relay | {"port": 3}, relays=relays)
    assert [line.split(": ")[1] for line in wrong] == [f"127.0.0.1:{n}" for n in (3, 1, 2)]


def test_a_password_is_read_from_the_file_of_each_relay(sound: Installation) -> None:
    folder = sound.settings.folder
    (folder / "first").write_text("hunter2\n")
    (folder / "second").write_text("swordfish")
    values = sound.settings.model_dump(exclude={"folder"})
    relay = {"host": "127.0.0.1", "username": "me"}
    values["smtp"] = relay | {"password_file": "first"}
    values["relays"] = [relay | {"password_file": str(folder / "second")}]
    settings = Settings.model_validate({**values, "folder": folder})
    assert [relay.password for relay in relay_settings(settings)] == ["hunter2", "swordfish"]


def test_a_password_file_that_is_no_text_is_told(sound: Installation) -> None:
    (sound.settings.folder / "key").write_bytes(b"\xff\xfe\x00")
    smtp = sound.settings.smtp.model_copy(update={"username": "me", "password_file": "key"})
    with pytest.raises(ConfigError, match="not text"):
        relay_settings(sound.settings.model_copy(update={"smtp": smtp}))


def test_who_is_not_told_of_trouble_is_a_note(sound: Installation) -> None:
    (check,) = [c for c in sound.examined(operator_email="") if c.name == "operator"]
    assert (check.ok, "nobody gets alerts" in check.text) == (None, True)
    (check,) = [c for c in sound.examined(operator_email="Ops <a@b.org>") if c.name == "operator"]
    assert check.ok


# --- the mailbox -------------------------------------------------------------------------------


@pytest.mark.parametrize("server", [imap, pop3])
def test_a_mailbox_is_opened_and_left_as_it_was(sound: Installation, server: Any) -> None:
    box = Box()
    box.add(b"Subject: a bounce\n\nnew\n")
    with server(box) as address:
        assert sound.wrong(bounces={"mailbox": address}) == []
        wrong_password = address.replace(quote(PASSWORD, safe=""), "wrong")
        assert wrong_password != address
        (line,) = sound.wrong(bounces={"mailbox": wrong_password})
    assert line.startswith("mailbox: cannot read the bounce mailbox")
    assert "wrong" not in line.replace("wrong password", "")
    assert list(box.messages) == [1]
    assert box.flags == {1: set()}
    assert not [text for _, text in box.said if "FETCH" in text or "RETR" in text]


def test_a_mailbox_folder_that_is_not_there_is_told(sound: Installation) -> None:
    with imap(Box()) as address:
        place = address.rpartition("/")[0]
        (line,) = sound.wrong(bounces={"mailbox": f"{place}/Bounces"})
    assert "no such folder" in line
    assert USER not in line


def test_a_maildir_is_looked_at(sound: Installation) -> None:
    for name in ("new", "cur", "tmp"):
        (sound.settings.folder / "box" / name).mkdir(parents=True)
    assert sound.wrong(bounces={"mailbox": "box"}) == []
    (sound.settings.folder / "box/new").rmdir()
    assert "is not a Maildir" in sound.wrong(bounces={"mailbox": "box"})[0]


# --- sources -----------------------------------------------------------------------------------


def test_a_file_source_whose_file_is_gone_is_told(sound: Installation) -> None:
    (sound.settings.folder / "papers.jsonl").unlink()
    (line,) = sound.wrong()
    assert line.startswith("sources: lab: ")
    assert line.split(";")[0].endswith(" does not exist")
    (sound.settings.folder / "papers.jsonl").mkdir()
    (line,) = sound.wrong()
    assert "papers.jsonl is a folder, not a file" in line


def test_each_source_that_fails_is_told(tmp_path: Path, clock: FakeClock) -> None:
    app = open_app(tmp_path, clock)
    for number in (1, 2):
        path = f"gone{number}"
        app.store.sources.add(SourceSpec(name=path, kind="folder", options={"path": path}), NOW)
    app.close()
    lines = [check.text for check in examine_sources(app.settings)]
    assert [line.partition(":")[0] for line in lines] == ["gone1", "gone2"]


# --- database and disk -------------------------------------------------------------------------


def test_a_database_that_is_locked_is_told(sound: Installation) -> None:
    with closing(sqlite3.connect(sound.settings.folder / "digestmail.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        wrong = sound.wrong()
        other.rollback()
    assert [line for line in wrong if "is locked by another program" in line]


def test_a_database_of_another_version_is_told(sound: Installation) -> None:
    with closing(sqlite3.connect(sound.settings.folder / "digestmail.db")) as other:
        other.execute("UPDATE alembic_version SET version_num = '0001'")
        other.commit()
    assert any(line.startswith("migrations: ") for line in sound.wrong())


def test_a_disk_that_is_nearly_full_is_told(sound: Installation) -> None:
    checks = examine_store(sound.settings, least_free=1 << 60)
    (disk,) = [check for check in checks if check.name == "disk"]
    assert disk.ok is False
    assert "free some space before it is full" in disk.text


# --- templates ---------------------------------------------------------------------------------


@pytest.fixture
def own(sound: Installation) -> Path:
    """The operator's own templates, which are those of the settings."""
    sound.settings = sound.settings.model_copy(update={"templates": "own"})
    return copytree(TEMPLATES, sound.settings.folder / "own")


def fault_of_templates(sound: Installation) -> str:
    """The one fault that is told of the templates."""
    (fault,) = [check for check in examine_templates(sound.settings, NOW) if not check.ok]
    assert fault.ok is False
    assert "\n" not in fault.text
    return f"{fault.name}: {fault.text}"


def test_every_page_can_be_shown(sound: Installation) -> None:
    assert [c.name for c in examine_templates(sound.settings, NOW) if c.ok] == [
        "templates",
        "pages",
    ]


def test_a_folder_of_templates_that_is_not_there_is_told(sound: Installation) -> None:
    sound.settings = sound.settings.model_copy(update={"templates": "nowhere"})
    assert fault_of_templates(sound).startswith("templates: templates: folder ")


def test_an_empty_folder_of_templates_is_told(sound: Installation) -> None:
    sound.settings = sound.settings.model_copy(update={"templates": "."})
    assert "email/digest/subject.txt is missing" in fault_of_templates(sound)


@pytest.mark.parametrize(
    ("page", "added", "told"),
    [
        ("help", "{{ nobody }}", "“nobody” is not defined here"),
        ("preview", "{{ nobody }}", "“nobody” is not defined here"),
        ("saved", "{% if no %}{% endif %}", "“no” is not defined here"),
        ("_layout", "{{ 1 // 0 }}", "_layout.html, line"),
        ("error", "{{ 1 // 0 }}", "error.html, line"),
        ("_fields", '{% include "web/absent.html" %}', "template web/absent.html does not exist"),
    ],
)
def test_a_broken_page_is_told(
    sound: Installation, own: Path, page: str, added: str, told: str
) -> None:
    break_page(own / f"web/{page}.html", added)
    fault = fault_of_templates(sound)
    assert told in fault
    assert f"{page}.html, line" in fault


def test_a_wrong_attribute_of_a_page_is_told(sound: Installation, own: Path) -> None:
    """In pages that only a reader with a history ever sees."""
    for page in ("saved", "history", "_digests", "data", "digest", "why"):
        file = own / f"web/{page}.html"
        text = file.read_text(encoding="utf-8")
        break_page(file, "{{ service.number.of }}")
        assert f"{page}.html, line" in fault_of_templates(sound)
        file.write_text(text, encoding="utf-8")


def break_page(file: Path, added: str) -> None:
    """Put something into the last block of a template, or at its end where it extends none."""
    text = file.read_text(encoding="utf-8")
    before, end, after = text.rpartition("{% endblock %}")
    broken = f"{before}{added}{end}{after}" if "{% extends" in text else f"{text}{added}"
    file.write_text(broken, encoding="utf-8")


# --- the exit code -----------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ['operator_email = "nonsense"', 'templates = "nowhere"'])
def test_the_exit_code_tells(
    setting: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell("init", "--public-url", "http://127.0.0.1:1")
    (tmp_path / "papers.jsonl").write_text('{"id": "t:1", "title": "Sea ice"}\n')
    shell("source", "add", "file", "path=papers.jsonl")
    file = tmp_path / "digestmail.toml"
    sound = file.read_text().replace('# outbox = ""', 'outbox = "sent"')
    file.write_text(sound)
    shell("doctor")
    file.write_text(f"{setting}\n{sound}")
    printed = shell("doctor", code=1)
    assert "WRONG" in printed
