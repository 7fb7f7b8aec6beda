"""run, deliver and status say what is wrong with the day, and end with an exit code that tells."""

import socket
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from cli_shell import PAPERS, Shell, errors

from digestmail.resources import TEMPLATES

DAY = ("--date", "2026-11-20")


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """An installation with papers and one subscriber, whose mails go to a folder."""
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell("init")
    write_setting(shell, "outbox", '"sent"')
    (tmp_path / "papers.jsonl").write_text(PAPERS)
    shell("source", "add", "file", "path=papers.jsonl", "--name", "lab")
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "sea ice")
    return shell


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken and at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def write_setting(shell: Shell, name: str, value: str) -> None:
    """Set the first setting of a name that ``init`` left as a comment."""
    file = shell.folder / "digestmail.toml"
    lines = file.read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"# {name} = "))
    lines[at] = f"{name} = {value}"
    file.write_text("\n".join(lines))


def test_a_good_day_ends_well(shell: Shell) -> None:
    shell("run", *DAY)
    assert "1 sent" in shell("status")
    assert shell.json("status")["troubles"] == []  # type: ignore[index]


def test_a_broken_template_stops_run_before_a_mail_is_tried(shell: Shell) -> None:
    own = copytree(TEMPLATES, shell.folder / "own")
    write_setting(shell, "templates", '"own"')
    sound = (own / "email/digest/body.txt").read_text()
    (own / "email/digest/body.txt").write_text("{{ nonsense }}")
    for command in (("run", *DAY), ("deliver",), ("serve", "--only", "scheduler"), ("doctor",)):
        printed = shell(*command, code=1 if command == ("doctor",) else 78)
        assert "email/digest/body.txt, line 1" in " ".join(printed.split())
        assert "Traceback" not in printed
    (trouble,) = errors(shell("status", code=1))
    assert "“nonsense” is not defined here" in trouble
    (own / "email/digest/body.txt").write_text(sound)
    shell("run", *DAY)
    assert len(list((shell.folder / "sent").iterdir())) == 1


def test_a_template_that_breaks_while_mails_go_is_told(shell: Shell) -> None:
    """As when the check has passed and the template fails for one reader only."""
    own = copytree(TEMPLATES, shell.folder / "own")
    write_setting(shell, "templates", '"own"')
    name = "email/digest/subject.txt"
    text = (own / name).read_text()
    (own / name).write_text(text + "{{ 1 // (address != 'a@example.org') }}")
    (trouble,) = errors(shell("run", *DAY, code=1))
    assert trouble.startswith("error: 1 mail cannot be composed: template")
    assert f"{name}, line" in trouble
    assert errors(shell("status", code=1)) == [trouble]
    assert "1 deferred: render: ConfigError: template" in shell("status", code=1)


def test_a_relay_that_is_away_is_told(shell: Shell, closed_port: int) -> None:
    text = (
        (shell.folder / "digestmail.toml").read_text().replace('outbox = "sent"', '# outbox = ""')
    )
    (shell.folder / "digestmail.toml").write_text(text)
    write_setting(shell, "port", str(closed_port))
    write_setting(shell, "tls", '"none"')
    (trouble,) = errors(shell("run", *DAY, code=1))
    assert "there is a problem with the relay; no email is lost: " in trouble
    assert "connect: " in trouble
    (trouble,) = errors(shell("status", code=1))
    assert "problem with the relay: " in trouble
    # Once another relay is configured, that is no trouble any more.
    write_setting(shell, "outbox", '"sent"')
    assert errors(shell("status", code=0)) == []


def test_a_source_that_fails_is_told(shell: Shell) -> None:
    (shell.folder / "papers.jsonl").unlink()
    assert len(errors(shell("run", code=1))) == 1
    (trouble,) = errors(shell("status", code=1))
    assert trouble.startswith("error: source lab fails: ")


def test_the_mails_of_a_dry_run_lie_apart(shell: Shell) -> None:
    shell("ingest")
    shell("run", "--dry-run", *DAY)
    assert len(list((shell.folder / "dry-run").glob("*.eml"))) == 1
    assert not (shell.folder / "sent").exists()
    for real in ("sent", "./sent", str(shell.folder / "papers/../sent")):
        (line,) = errors(shell("run", "--dry-run", *DAY, "--outbox", real, code=1))
        assert "holds the real emails; name another folder" in line
