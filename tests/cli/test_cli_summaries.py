"""Lines by a language model as an operator meets them: settings, command, status, doctor."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_shell import Shell, errors
from model_server import KEY, Asked, ModelServer, Reply, completion, model_server

ABSTRACT = "Sea ice melts. We measure sea ice from space and show that it melts in July."
LINE = "Measures sea ice from space and shows that it melts in July."


def answer(asked: Asked) -> Reply:
    """Answer as a good model does, about the paper of these tests and that of the doctor."""
    ponds = "A model of melt ponds on Arctic sea ice shows that ponds double its melting in July."
    return completion(ponds if "ponds" in asked.data["abstract"] else LINE)


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server(answer) as server:
        yield server


@pytest.fixture
def shell(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    model: ModelServer,
) -> Shell:
    """An installation with a paper and a language model."""
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell("init")
    settings = tmp_path / "digestmail.toml"
    text = settings.read_text().replace('# outbox = ""', 'outbox = "sent"')
    settings.write_text(text)
    paper = {"id": "t:1", "title": "Sea ice from space", "abstract": ABSTRACT}
    (tmp_path / "papers.jsonl").write_text(json.dumps(paper))
    (tmp_path / "key").write_text(f"{KEY}\n")
    shell("source", "add", "file", "path=papers.jsonl", "--name", "lab")
    shell("ingest")
    monkeypatch.setenv("DIGESTMAIL_SUMMARIES__URL", model.url)
    monkeypatch.setenv("DIGESTMAIL_SUMMARIES__MODEL", "tiny")
    monkeypatch.setenv("DIGESTMAIL_SUMMARIES__API_KEY_FILE", str(tmp_path / "key"))
    return shell


def test_lines_are_written_once_and_status_tells_the_use(shell: Shell, model: ModelServer) -> None:
    assert "1 line written, 0 answers refused." in shell("summaries")
    assert shell.json("summaries") == {
        "written": 0,
        "refused": 0,
        "trouble": "",
        "today": {
            "requests": 1,
            "tokens": 120,
            "lines": 1,
            "requests_per_day": 500,
            "trouble": "",
            "next_try_at": None,
        },
    }
    assert "Summaries today (UTC): 1 written, 1 of 500 requests, 120 tokens" in shell(
        "status", code=0
    )
    assert [asked.headers["authorization"] for asked in model.asked] == [f"Bearer {KEY}"]


def test_a_failure_is_one_line_and_tried_again_at_once_by_hand(
    shell: Shell, model: ModelServer
) -> None:
    model.answer = lambda _: Reply(b'{"error": "who?"}', 401)
    (problem,) = errors(shell("summaries", code=1))
    assert "answered 401 Unauthorized: check summaries.api_key" in problem
    status = shell("status")
    assert "check summaries.api_key (tries again in " in status
    model.answer = answer
    assert "1 line written" in shell("summaries")
    assert "check summaries.api_key" not in shell("status")


def test_run_from_cron_writes_lines_when_the_mails_are_out(
    shell: Shell, model: ModelServer
) -> None:
    shell("run")
    assert len(model.asked) == 1
    model.answer = lambda _: Reply(b"", 500)
    shell("run")


def test_a_budget_that_is_used_up_is_told(shell: Shell) -> None:
    assert "budget is used up" not in shell("summaries", DIGESTMAIL_SUMMARIES__REQUESTS_PER_DAY="1")
    more = {"id": "t:2", "title": "More sea ice from space", "abstract": ABSTRACT + " Twice."}
    (shell.folder / "papers.jsonl").write_text(json.dumps(more))
    shell("ingest", "lab")
    output = shell("summaries", DIGESTMAIL_SUMMARIES__REQUESTS_PER_DAY="1")
    assert "set summaries.requests_per_day" in output


def test_they_are_off_by_default(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGESTMAIL_SUMMARIES__URL")
    (problem,) = errors(shell("summaries", code=78))
    assert "summaries are off: set summaries.url" in problem
    assert "Summaries" not in shell("status")


@pytest.mark.parametrize(
    ("setting", "value", "text"),
    [
        ("URL", "localhost:11434", "should be a web address such as http://localhost:11434/v1"),
        ("URL", "http://me:secret@localhost/v1", "set summaries.api_key"),
        ("URL", "http://localhost/v1?key=1", "should be a web address"),
        ("MODEL", "", "needs a model"),
        ("LANGUAGES", '["german"]', "“german” is not a language tag such as de or zh-Hans"),
        ("TIMEOUT", "600", "less than or equal to 120"),
    ],
)
def test_wrong_settings_are_told(shell: Shell, setting: str, value: str, text: str) -> None:
    output = shell("status", code=78, **{f"DIGESTMAIL_SUMMARIES__{setting}": value})
    (problem,) = errors(output)
    assert text in problem
    assert "secret" not in problem


def doctor(shell: Shell, code: int) -> list[str]:
    checks = json.loads(shell("doctor", "--json", code=code).partition("error:")[0])
    return [f"{check['ok']}: {check['text']}" for check in checks if check["check"] == "summaries"]


def test_the_doctor_has_a_line_written(shell: Shell, model: ModelServer) -> None:
    (found,) = doctor(shell, 0)
    assert found.startswith(f"True: tiny at {model.url} wrote a line in ")
    model.answer = lambda _: completion("Sure! Here is your sentence.")
    (found,) = doctor(shell, 1)
    assert "False: the model tiny writes no usable line (it speaks to us)" in found
    model.answer = lambda _: Reply(b"", 404)
    (found,) = doctor(shell, 1)
    assert "answered 404 Not Found" in found


def test_the_key_is_never_shown(shell: Shell, model: ModelServer) -> None:
    model.answer = lambda _: Reply(f'{{"error": "bad key {KEY}"}}'.encode(), 400)
    for words, code in [(("config", "show"), 0), (("summaries",), 1), (("status", "--json"), 0)]:
        assert KEY not in shell(*words, code=code)
