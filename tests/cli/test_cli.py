"""The admin CLI as an operator uses it, on real files."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_shell import PAPERS, Shell, errors
from schema import drop_all
from sentence_models import write_model


@pytest.fixture
def empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
def shell(empty: Shell) -> Shell:
    """An installation with papers, whose mails go to a folder."""
    empty("init")
    settings = empty.folder / "digestmail.toml"
    text = settings.read_text().replace('# outbox = ""', 'outbox = "sent"')
    settings.write_text(text)
    (empty.folder / "papers.jsonl").write_text(PAPERS)
    empty("source", "add", "file", "path=papers.jsonl", "--name", "lab")
    return empty


def test_init_takes_another_database(empty: Shell, database_url: str) -> None:
    if not database_url.startswith("sqlite"):
        drop_all()
    empty("init", "--database-url", database_url)
    assert database_url.rpartition("/")[2] in empty("migrate")


@pytest.mark.parametrize("command", ["ingest", "run"])
def test_what_comes_is_embedded(shell: Shell, command: str) -> None:
    write_model(shell.folder / "model", {"ice": (1.0,), "quantum": (0.0,)})
    assert "2 new" in shell(command, DIGESTMAIL_SEMANTIC__MODEL="model")
    with sqlite3.connect(shell.folder / "digestmail.db") as database:
        kinds = database.execute("SELECT kind FROM paper_feature").fetchall()
    database.close()
    assert sum(kind.startswith("meaning:") for (kind,) in kinds) == 2


def test_an_unusable_model_is_reported_after_what_was_stored(shell: Shell) -> None:
    output = shell("ingest", code=78, DIGESTMAIL_SEMANTIC__MODEL="no-such-folder")
    assert output.index("2 new") < output.index("semantic.model")


def test_a_database_that_is_new_is_told(shell: Shell) -> None:
    assert "was not there" not in shell("migrate")
    new = f"sqlite:///{shell.folder / 'mistyped' / 'our.db'}"
    said = shell("migrate", DIGESTMAIL_DATABASE_URL=new)
    assert "mistyped/our.db did not exist; a new database was created" in said


def test_to_erase_all_one_has_to_say_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (problem,) = errors(shell("migrate", "--to", "base", code=1))
    assert "all subscribers, papers and digests in" in problem
    assert "--yes" in problem
    assert shell.json("source", "list")
    assert "base (empty)" in shell("migrate", "--to", "base", "--yes")
    shell("migrate")
    said = shell("migrate", "--to", "base", "--yes")
    assert "Older backups beside it: 1 " in said


def test_init_makes_an_installation_that_only_lacks_sources(empty: Shell) -> None:
    empty("init", "--public-url", "https://digest.example.net", "--smtp-host", "mail.example.net")
    assert (empty.folder / "digestmail.toml").stat().st_mode & 0o777 == 0o600
    shown = empty.json("config", "show")
    assert isinstance(shown, dict)
    assert shown["public_url"] == "https://digest.example.net"
    assert shown["smtp.host"] == "mail.example.net"


def test_init_never_overwrites(empty: Shell) -> None:
    empty("init")
    before = (empty.folder / "digestmail.toml").read_bytes()
    assert len(errors(empty("init", code=78))) == 1
    assert (empty.folder / "digestmail.toml").read_bytes() == before


def test_secrets_are_never_shown(empty: Shell) -> None:
    empty("init")
    key = next(
        line.split('"')[1]
        for line in (empty.folder / "digestmail.toml").read_text().splitlines()
        if line.startswith("secret_key")
    )
    url = "postgresql://me:hunter2@db/x"
    shown = empty("config", "show", DIGESTMAIL_DATABASE_URL=url)
    assert key not in shown
    assert "hunter2" not in shown


def test_a_day_by_hand(shell: Shell) -> None:
    report = shell.json("ingest")
    assert isinstance(report, list)
    assert (report[0]["new"], len(report[0]["bad"])) == (2, 2)
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "sea ice")
    shell("run", "--date", "2026-11-20")
    assert [mail.name for mail in (shell.folder / "sent").iterdir()] == ["000001-a@example.org.eml"]
    shell("run", "--date", "2026-11-20")
    assert len(list((shell.folder / "sent").iterdir())) == 1
    history = shell.json("subscriber", "show", "a@example.org")
    assert isinstance(history, dict)
    assert history["digests"][0]["delivery"] == "sent"


def test_a_subscriber_has_a_language(shell: Shell) -> None:
    def language() -> object:
        shown = shell.json("subscriber", "show", "a@example.org")
        assert isinstance(shown, dict)
        return shown["language"]

    shell("subscriber", "add", "a@example.org", "--keywords", "ice", "--language", "de-AT")
    assert language() == "de"
    shell("subscriber", "edit", "a@example.org", "--keywords", "snow")
    assert language() == "de"
    shell("subscriber", "edit", "a@example.org", "--language", "en")
    assert language() == "en"
    refused = shell("subscriber", "edit", "a@example.org", "--language", "tlh", code=1)
    assert "“tlh” is not available; choose one of en, de" in refused


def test_a_dry_run_stores_nothing(shell: Shell) -> None:
    shell("ingest")
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "sea ice")
    shell("run", "--dry-run", "--date", "2026-11-20", "--outbox", "trial")
    assert len(list((shell.folder / "trial").glob("*.eml"))) == 1
    status = shell.json("status")
    assert isinstance(status, dict)
    assert status["today"]["due"] == 0


def test_preview_shows_and_stores_nothing(shell: Shell) -> None:
    shell("ingest")
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "sea ice")
    told = shell.json("preview", "a@example.org")
    assert isinstance(told, dict)
    assert [paper["key"] for paper in told["papers"]] == ["t:1"]
    assert told["papers"][0]["reasons"] == ["matches sea ice"]
    shell("preview", "a@example.org", "--html", "mail.html")
    assert "Sea ice" in (shell.folder / "mail.html").read_text()
    assert "Unsubscribe" in shell("preview", "a@example.org", "--text")


def test_a_failing_source_is_told_and_does_not_stop_the_others(shell: Shell) -> None:
    shell("source", "add", "file", "path=missing.csv", "--name", "gone")
    output = shell("ingest", code=1)
    assert "lab: 2 new" in output
    assert len(errors(output)) == 1
    assert "missing.csv" in errors(output)[0]
    listed = shell.json("source", "list")
    assert isinstance(listed, list)
    assert [source["spec"]["name"] for source in listed] == ["gone", "lab"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("subscriber", "add", "a@example.org\nBcc: x@example.org", "--keywords", "x"), 1),
        (("subscriber", "add", "a@example.org"), 1),
        (("subscriber", "add", "a@example.org", "--keywords", "k" * 10_000), 1),
        (("subscriber", "add", "a@example.org", "--keywords", "x", "--timezone", "Mars"), 1),
        (("subscriber", "add", "a@example.org", "--keywords", "x", "--hour", "25"), 1),
        (("subscriber", "show", "nobody@example.org"), 1),
        (("source", "add", "telepathy"), 1),
        (("source", "add", "arxiv", "categories=../etc"), 1),
        (("source", "remove", "nothing"), 1),
        (("ingest", "nothing"), 1),
        (("run", "--date", "tomorrow"), 1),
        (("migrate", "--to", "9999"), 1),
        (("serve", "--port", "99999"), 1),
        (("frobnicate",), 2),
        (("ingest", "--frobnicate"), 2),
    ],
)
def test_bad_input_gets_one_line(shell: Shell, words: tuple[str, ...], code: int) -> None:
    assert len(errors(shell(*words, code=code))) == 1


def test_without_settings_it_says_what_to_do(empty: Shell) -> None:
    assert "digestmail init" in errors(empty("status", code=78))[0]


def test_a_foreign_database_is_left_alone(empty: Shell) -> None:
    empty("init")
    file = empty.folder / "digestmail.db"
    for name in ("digestmail.db-wal", "digestmail.db-shm"):
        (empty.folder / name).unlink(missing_ok=True)
    file.write_bytes(b"This is a diary, not a database. " * 40)
    assert "not a digestmail database" in errors(empty("status", code=1))[0]
    assert "not a digestmail database" in errors(empty("migrate", code=1))[0]
    assert file.read_bytes().startswith(b"This is a diary")


def test_a_port_in_use_is_told(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in errors(shell("serve", "--port", port, code=1))[0]


def test_doctor_finds_what_is_wrong(shell: Shell) -> None:
    shell("doctor")
    text = (shell.folder / "digestmail.toml").read_text().replace('outbox = "sent"', "")
    (shell.folder / "digestmail.toml").write_text(text)
    output = shell("doctor", code=1, DIGESTMAIL_SMTP__PORT="1")
    assert "relay" in output
    assert "WRONG" in output


def test_export_and_import_are_a_round_trip(shell: Shell) -> None:
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", '"sea ice", floe')
    shell("subscriber", "add", "b@example.org", "--active", "--interests", "=1+1 and @you")
    before = shell.json("subscriber", "list")
    for file in ("all.csv", "all.json"):
        shell("subscriber", "export", file)
        for email in ("a@example.org", "b@example.org"):
            shell("subscriber", "remove", email, "--yes")
        assert "2 added" in shell("subscriber", "import", file, "--active")
        assert shell.json("subscriber", "list") == before
    assert "'=1+1" in (shell.folder / "all.csv").read_text()


def test_import_names_each_bad_row_and_takes_the_others(shell: Shell) -> None:
    (shell.folder / "in.csv").write_text(
        "email,keywords,hour,timezone\n"
        "good@example.org,ice,7,UTC\n"
        "no-address,ice,7,UTC\n"
        "c@example.org,ice,25,Mars\n"
        "d@example.org,ice\n"
    )
    told = errors(shell("subscriber", "import", "in.csv", "--active", code=1))
    assert [line.split(": ")[2] for line in told] == ["line 3", "line 4", "line 5"]
    assert "1 already known" in shell("subscriber", "import", "in.csv", code=1)


def test_an_import_never_brings_back_who_left(shell: Shell) -> None:
    (shell.folder / "in.csv").write_text("email,status,keywords\na@example.org,unsubscribed,ice\n")
    assert "1 stored as refusals" in shell("subscriber", "import", "in.csv", "--active")
    (shell.folder / "again.csv").write_text("email,keywords\na@example.org,ice\n")
    assert "1 already known" in shell("subscriber", "import", "again.csv", "--active")
    assert "must not be mailed again (left)" in shell(
        "subscriber", "add", "a@example.org", "--keywords", "ice", "--active", code=1
    )
    assert statuses(shell) == {"a@example.org": "unsubscribed"}


def statuses(shell: Shell) -> dict[str, str]:
    """Who stands where."""
    listed = shell.json("subscriber", "list")
    assert isinstance(listed, list)
    return {one["email"]: one["status"] for one in listed}


def test_a_list_without_status_is_what_its_name_or_an_option_says(shell: Shell) -> None:
    list_of_one = "a@example.org\n"
    for name in ("unsubscribed_members_export_1.csv", "left.txt"):
        (shell.folder / name).write_text(list_of_one)
    output = shell("subscriber", "import", "unsubscribed_members_export_1.csv", "--active")
    assert "1 stored as refusals" in output
    shell("subscriber", "remove", "a@example.org", "--yes")
    (shell.folder / "left.txt").write_text("b@example.org\n")
    shell("subscriber", "import", "left.txt", "--status", "complained")
    assert statuses(shell) == {"b@example.org": "complained"}


def test_addresses_alone_get_what_the_command_line_says(shell: Shell) -> None:
    (shell.folder / "in.txt").write_text("a@example.org\nb@example.org\n")
    options = ("--keywords", "ice", "--timezone", "Europe/Rome", "--weekly", "fri")
    told = shell.json("subscriber", "import", "in.txt", "--active", *options)
    assert isinstance(told, dict)
    assert (told["added"], told["pending"], told["bad"]) == (2, 0, [])
    shown = shell.json("subscriber", "show", "b@example.org")
    assert isinstance(shown, dict)
    assert (shown["timezone"], shown["weekdays"], shown["status"]) == ("Europe/Rome", "5", "active")
    assert shown["profiles"][0]["keywords"] == ["ice"]


def test_addresses_alone_may_get_the_trending_digest(shell: Shell) -> None:
    people = (
        "email,keywords,categories\na@example.org,,\nb@example.org,ice,\nc@example.org,,cs.CV\n"
    )
    (shell.folder / "in.csv").write_text(people)
    told = shell.json("subscriber", "import", "in.csv", "--active", "--trending")
    assert isinstance(told, dict)
    assert (told["added"], told["pending"], told["unchosen"]) == (3, 0, 0)
    shell("subscriber", "export", "out.csv")
    for address in ("a", "b", "c"):
        shell("subscriber", "remove", f"{address}@example.org", "--yes")
    shell("subscriber", "import", "out.csv", "--active")
    profiles = [profile_of(shell, f"{address}@example.org") for address in ("a", "b", "c")]
    assert [profile["trending"] for profile in profiles] == [10, 0, 0]


def profile_of(shell: Shell, email: str) -> dict[str, Any]:
    """The first profile of a subscriber."""
    shown = shell.json("subscriber", "show", email)
    assert isinstance(shown, dict)
    profile: dict[str, Any] = shown["profiles"][0]
    return profile


def test_an_address_alone_subscribes_to_the_trending_digest(shell: Shell) -> None:
    shell("ingest")
    shell("subscriber", "add", "a@example.org", "--trending", "--categories", "cs.CL", "--active")
    profile = profile_of(shell, "a@example.org")
    assert (profile["categories"], profile["trending"]) == (["cs.CL"], 10)
    assert "not trending: too few upvotes" in shell("explain", "a@example.org", "t:1")
    shell("preview", "a@example.org")


def test_a_digest_of_nothing_is_refused(shell: Shell) -> None:
    (line,) = errors(shell("subscriber", "add", "a@example.org", "--active", code=1))
    assert "--trending" in line
    both = ("--trending", "--keywords", "ice")
    (line,) = errors(shell("subscriber", "add", "a@example.org", "--active", *both, code=1))
    assert "--trending-papers 3" in line


def test_who_has_nothing_to_choose_by_is_asked_by_mail(shell: Shell) -> None:
    (shell.folder / "in.csv").write_text("email\na@example.org\n")
    assert "1 to confirm by email" in shell("subscriber", "import", "in.csv", "--active")
    assert statuses(shell) == {"a@example.org": "pending"}
    shell("deliver")
    assert [mail.name for mail in (shell.folder / "sent").iterdir()] == ["000001-a@example.org.eml"]
    shell("subscriber", "edit", "a@example.org", "--keywords", "ice")
    shown = shell.json("subscriber", "show", "a@example.org")
    assert isinstance(shown, dict)
    assert shown["profiles"][0]["keywords"] == ["ice"]


def test_a_file_that_cannot_be_imported_is_told_in_one_line(shell: Shell) -> None:
    (shell.folder / "folder").mkdir()
    (shell.folder / "empty.csv").touch()
    (shell.folder / "book.xlsx").write_bytes(b"PK\x03\x04" + bytes(50))
    with (shell.folder / "huge.csv").open("wb") as huge:
        huge.truncate(100_000_000)
    for file, words in {
        "missing.csv": "No such file",
        "folder": "Is a directory",
        "empty.csv": "empty.csv is empty",
        "book.xlsx": "book.xlsx is a workbook",
        "huge.csv": "huge.csv is larger than the limit of 64 MB",
    }.items():
        (line,) = errors(shell("subscriber", "import", file, code=1))
        assert words in line
    (line,) = errors(shell("subscriber", "import", "missing.csv", "--column", "x=y", code=1))
    assert "NAME=FIELD" in line
    assert shell.json("subscriber", "list") == []


def test_an_export_that_cannot_be_written_is_told_in_one_line(shell: Shell) -> None:
    for file in ("list.xlsx", "missing/list.csv"):
        assert len(errors(shell("subscriber", "export", file, code=1))) == 1


def test_an_international_domain_is_found_and_shown_as_it_is_written(shell: Shell) -> None:
    written = "ada@größe.example.org"
    added = shell("subscriber", "add", written, "--active", "--keywords", "ice")
    assert written in added
    assert written in shell("subscriber", "list")
    assert written in shell("subscriber", "show", "ADA@Größe.example.org")
    shell("subscriber", "edit", written, "--hour", "9")
    shell("subscriber", "pause", written)
    shell("subscriber", "resume", "ada@xn--gre-6ka8i.example.org")
    assert written in shell("subscriber", "remove", written, "--yes")


def test_every_command_about_subscribers_answers_scripts(shell: Shell) -> None:
    email = "a@example.org"
    for words in (
        ("add", email, "--active", "--keywords", "ice"),
        ("edit", email, "--hour", "9"),
        ("pause", email),
        ("resume", email),
    ):
        told = shell.json("subscriber", *words)
        assert isinstance(told, dict)
        assert told["email"] == email
    assert shell.json("subscriber", "export", "all.csv") == {"file": "all.csv", "subscribers": 1}
    assert shell.json("subscriber", "data", email)
    assert shell.json("subscriber", "remove", email, "--yes") == {"erased": email}


def test_a_weekly_digest_can_be_chosen(shell: Shell) -> None:
    email = "a@example.org"
    shell("subscriber", "add", email, "--active", "--keywords", "ice", "--weekly", "friday")
    told = shell.json("subscriber", "edit", email, "--weekly", "mon")
    assert isinstance(told, dict)
    assert told["weekdays"] == "1"
    for wrong in (("--weekly", "mon-fri"), ("--weekly", "fri", "--weekdays", "mon")):
        assert len(errors(shell("subscriber", "edit", email, *wrong, code=1))) == 1


def test_pause_resume_edit(shell: Shell) -> None:
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "ice")
    shell("subscriber", "pause", "a@example.org")
    shell("subscriber", "resume", "a@example.org")
    shell("subscriber", "edit", "a@example.org", "--keywords", "snow", "--hour", "9")
    shown = shell.json("subscriber", "show", "a@example.org")
    assert isinstance(shown, dict)
    assert (shown["status"], shown["hour"]) == ("active", 9)
    assert shown["profiles"][0]["keywords"] == ["snow"]


def test_a_second_profile(shell: Shell) -> None:
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "ice")
    shell("subscriber", "edit", "a@example.org", "--new-profile", "Maths", "--keywords", "graph")
    shell("subscriber", "edit", "a@example.org", "--profile", "Maths", "--max-papers", "3")
    shown = shell.json("subscriber", "show", "a@example.org")
    assert isinstance(shown, dict)
    told = [(p["name"], p["keywords"], p["max_papers"]) for p in shown["profiles"]]
    assert told == [("My papers", ["ice"], 10), ("Maths", ["graph"], 3)]
    shell("subscriber", "edit", "a@example.org", "--profile", "Art", "--hour", "9", code=1)


def test_a_source_can_be_tried_without_storing(shell: Shell) -> None:
    told = shell.json("source", "test", "lab")
    assert isinstance(told, dict)
    assert [paper["key"] for paper in told["papers"]] == ["t:1", "t:2"]
    assert len(told["bad"]) == 2
    assert "Sea ice" in shell("source", "test", "lab", "--most", "1")
    assert "2 new" in shell("ingest", "lab")
    shell("source", "test", "nothing", code=1)


def test_a_key_of_a_source_is_never_shown(shell: Shell) -> None:
    shell("source", "add", "pubmed", "query=ice", "api_key=hunter2hunter2")
    assert "hunter2" not in shell("source", "list")
    assert "hunter2" not in shell("source", "list", "--json")


def test_send_test_says_what_the_relay_answered(shell: Shell) -> None:
    assert "Accepted" in shell("send-test", "me@example.org")
    output = shell(
        "send-test", "me@example.org", code=1, DIGESTMAIL_MAIL__OUTBOX="", DIGESTMAIL_SMTP__PORT="1"
    )
    assert len(errors(output)) == 1


def test_a_command_does_not_wait_for_the_model() -> None:
    """Nor for the pages: both take seconds to import. The model computes in one thread."""
    slow = "[name for name in ('numpy', 'fastapi') if name in sys.modules]"
    told = f"print({slow}, os.environ['OPENBLAS_NUM_THREADS'])"
    load = "list(digestmail.cli.lazy_group.LazyCommands().values())"
    command = [sys.executable, "-c", f"import os, sys, digestmail.cli; {load}; {told}"]
    bare = {name: value for name, value in os.environ.items() if "THREADS" not in name}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=bare)
    assert done.stdout.split() == ["[]", "1"]


def test_the_command_line_imports_a_command_when_it_is_called() -> None:
    names = "{name.partition('.')[0] for name in sys.modules}"
    command = [sys.executable, "-c", f"import sys, digestmail.cli; print(*{names})"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "typer" in loaded
    slow = {"sklearn", "scipy", "numpy", "fastapi", "onnxruntime", "sqlalchemy", "pydantic"}
    assert slow.isdisjoint(loaded)


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        ("digestmail sub", ["subscriber"]),
        ("digestmail subscriber re", ["resume", "remove"]),
        ("digestmail subscriber add --ke", ["--keywords"]),
    ],
)
def test_a_shell_completes_commands_and_options(words: str, choices: list[str]) -> None:
    run = "import sys; sys.argv[0] = 'digestmail'; from digestmail.cli import main; main()"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    env = os.environ | asked | {"_DIGESTMAIL_COMPLETE": "complete_bash"}
    command = [sys.executable, "-c", run]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split() == choices


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "digestmail", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("digestmail ")


def test_a_score_is_explained(shell: Shell) -> None:
    shell("ingest")
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "sea ice")
    papers = shell.json("preview", "a@example.org")["papers"]  # type: ignore[index]
    told = shell.json("explain", "a@example.org", papers[0]["key"].removeprefix("arxiv:"))
    assert isinstance(told, list)
    assert told[0]["value"] == pytest.approx(papers[0]["score"], abs=0.02)
    assert "sea ice" in {part["what"] for part in told[0]["parts"] if part["kind"] == "keyword"}
    assert "passes the threshold" in shell("explain", "a@example.org", papers[0]["key"])


def test_a_full_mail_is_told(shell: Shell) -> None:
    shell("ingest")
    keywords = ("--keywords", "sea ice; surface codes", "--max-papers", "1")
    shell("subscriber", "add", "a@example.org", "--active", *keywords)
    told = [shell("explain", "a@example.org", key) for key in ("t:1", "t:2")]
    assert sorted("fill the email" in one for one in told) == [False, True]


def test_why_a_paper_does_not_come_is_told(shell: Shell) -> None:
    shell("ingest")
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "sea ice")
    assert "not shown" not in shell("explain", "a@example.org", "t:1")
    shell("run", "--date", "2026-11-20")
    assert "not shown" in shell("explain", "a@example.org", "t:1")
    told = shell.json("explain", "a@example.org", "t:1")
    assert isinstance(told, list)
    assert any(rule.startswith("not shown") for rule in told[0]["rules"])
    assert told[0]["value"] > 0.1


def test_a_paper_that_is_not_there_cannot_be_explained(shell: Shell) -> None:
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "sea ice")
    told = shell("explain", "a@example.org", "2611.99999", code=1)
    assert "is not in the database" in errors(told)[0]


def test_a_profile_shows_its_words(shell: Shell) -> None:
    shell("ingest")
    shell("subscriber", "add", "a@example.org", "--active", "--keywords", "sea ice")
    told = shell.json("profile", "show", "a@example.org")
    assert isinstance(told, list)
    assert "sea ice" in {part["what"] for part in told[0]["terms"]}
    shown = shell("profile", "show", "a@example.org")
    assert "My papers" in shown
    assert "  keywords: sea ice\n" in shown
    assert "excluded" not in shown


def test_everything_about_a_subscriber_is_printed(shell: Shell) -> None:
    shell("subscriber", "add", "ada@example.org", "--active", "--keywords", "sea ice")
    told = json.loads(shell("subscriber", "data", "ada@example.org"))
    assert told["subscriber"]["profiles"][0]["keywords"] == ["sea ice"]
    assert told["digests"] == []
    assert "is not a subscriber" in shell("subscriber", "data", "eve@example.org", code=1)


def test_seeds_come_from_a_file(shell: Shell) -> None:
    (shell.folder / "my.bib").write_text(
        "@misc{a, title={On my own work}, abstract={Ice.}}\n@misc{b, eprint={2301.00001}}\n@misc{c}"
    )
    shell("subscriber", "add", "a@b.example", "--seeds", "my.bib", "--active")
    shown = shell.json("subscriber", "show", "a@b.example")
    assert isinstance(shown, dict)
    own, arxiv = shown["profiles"][0]["seed_papers"]
    assert (own.partition(":")[0], arxiv) == ("library", "arxiv:2301.00001")
    (shell.folder / "feeds.opml").write_text(
        '<opml><body><outline xmlUrl="https://rss.arxiv.org/rss/cs.LG"/></body></opml>'
    )
    shell("subscriber", "edit", "a@b.example", "--seeds", "feeds.opml", "--keywords", "ice")
    profile = shell.json("subscriber", "show", "a@b.example")["profiles"][0]  # type: ignore[index]
    assert (profile["categories"], profile["keywords"]) == (["cs.LG"], ["ice"])
    assert profile["seed_papers"] == [own, arxiv]


def test_a_file_of_no_seeds_is_refused(shell: Shell) -> None:
    (shell.folder / "x.bib").write_text("@misc{c}")
    told = shell("subscriber", "add", "a@b.example", "--seeds", "x.bib", code=1)
    assert "line 1: it has no title" in errors(told)[0]
    missing = shell("subscriber", "add", "a@b.example", "--seeds", "none.bib", code=1)
    assert "cannot read none.bib" in missing
