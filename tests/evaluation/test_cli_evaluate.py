"""evaluate as an operator uses it, on a small benchmark."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from evaluation_samples import reader, write

from digestmail.cli import main


class Shell:
    """Runs ``digestmail evaluate`` on one folder, where nothing is installed."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._output = output
        monkeypatch.chdir(folder)

    def __call__(self, *words: str, code: int = 0) -> str:
        self._monkeypatch.setattr(sys, "argv", ["digestmail", "evaluate", "set", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._output.readouterr()
        assert (ended.value.code or 0) == code, printed.out + printed.err
        return printed.err if code else printed.out

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    ben = reader("ben", liked=["c0", "c1"], relevant=["c2"], keywords=["quantum code"])
    write(tmp_path / "set", [reader(interests="polar ice"), ben])
    return Shell(tmp_path, monkeypatch, capsys)


def test_the_usual_methods_stand_beside_ours(shell: Shell) -> None:
    told = shell.json()
    assert (told["papers"], told["readers"]) == (10, 2)
    assert list(told["methods"]) == ["digestmail", "bm25", "rocchio", "zotero"]
    for measures in told["methods"].values():
        assert measures.keys() == {"ndcg", "recall", "mrr", "ap"}
        assert 0 < measures["mrr"] <= 1
        assert measures["recall"] == 1  # of a pool of 9 papers


def test_calibration_counts_all_papers_of_all_pools(shell: Shell) -> None:
    calibration = shell.json()["calibration"]
    assert sum(one["papers"] for one in calibration["bins"]) == 9 + 8
    assert 0 <= calibration["error"] <= 1
    found = sum(one["papers"] * one["relevant"] for one in calibration["bins"])
    assert found == pytest.approx(2)


def test_a_mail_of_ten_is_told_of_dated_pools(shell: Shell) -> None:
    assert shell.json()["daily"] == []
    assert "papers a day" not in shell()
    dated = {"pool_from": "2026-03-03", "pool_to": "2026-03-07"}
    write(shell.folder / "set", [reader(interests="polar ice") | dated])
    first = shell.json()["daily"][0]
    assert first.keys() == {"threshold", "papers", "empty", "shown"}
    assert (first["threshold"], first["shown"]) == (0, 1)
    told = shell()
    assert "A mail of at most 10 papers a day" in told
    assert f"{first['papers']:.1f}" in told


def test_what_variety_costs_is_told(shell: Shell) -> None:
    told = shell.json()["variety"]
    assert told.keys() == {"best", "varied"}
    for mail in told.values():
        assert mail.keys() == {"ndcg", "likeness"}
        assert 0 < mail["likeness"] < 1
    assert told["best"]["ndcg"] == pytest.approx(shell.json()["methods"]["digestmail"]["ndcg"])
    assert "Ten papers that differ: mean likeness" in shell()


def test_readers_for_whom_nothing_fits_are_ranked_and_their_silence_is_told(shell: Shell) -> None:
    before = shell.json("--method", "digestmail")
    assert before["mail"]["silent"] is None
    absent = [
        {"user": "cora", "liked": [], "relevant": [], "keywords": ["plague"]},
        {"user": "dora", "liked": [], "relevant": [], "keywords": ["sea ice extent"]},
    ]
    write(shell.folder / "set", [reader(interests="polar ice"), reader("ben"), *absent])
    told = shell.json("--method", "digestmail", "--method", "bm25", "--run", "our.run")
    assert told["readers"] == 4
    assert told["mail"]["silent"] == 0.5
    assert 0 < told["mail"]["first"] <= 1
    users = {line.split("\t")[0] for line in (shell.folder / "our.run").read_text().splitlines()}
    assert users == {"anna", "ben", "cora", "dora"}
    assert "Readers for whom nothing is relevant, and who get no mail: 50%" in shell()


def test_the_calibration_of_what_a_mail_can_hold_is_told(shell: Shell) -> None:
    calibration = shell.json("--method", "digestmail")["calibration"]
    sent = [one for one in calibration["bins"] if one["start"] >= 0.1]
    apart = sum(one["papers"] * abs(one["value"] - one["relevant"]) for one in sent)
    count = sum(one["papers"] for one in sent)
    assert calibration["error_sent"] == pytest.approx(apart / max(count, 1), abs=1e-6)


def test_the_tables_are_for_people(shell: Shell) -> None:
    printed = shell("--method", "digestmail", "--method", "chronological")
    assert "Readers: 2, papers: 10" in printed
    assert "nDCG@10" in printed
    assert "chronological" in printed
    assert "Expected calibration error" in printed


def test_how_far_we_are_ahead_is_told_with_its_error(shell: Shell) -> None:
    told = shell.json()
    ours = told["methods"].pop("digestmail")
    assert told["leads"].keys() == told["methods"].keys()
    for name, lead in told["leads"].items():
        for measure, by in lead["by"].items():
            assert by == pytest.approx(ours[measure] - told["methods"][name][measure])
            assert lead["error"][measure] >= 0
    by, error = (told["leads"]["bm25"][part]["mrr"] for part in ("by", "error"))
    assert error > 0  # of the two readers one told nothing that bm25 works on
    assert f"{by:+.3f} ± {error:.3f}" in shell()


@pytest.mark.parametrize("options", [("--readers", "1"), ("--method", "digestmail")])
def test_without_others_or_a_second_reader_no_lead_is_told(
    shell: Shell, options: tuple[str, ...]
) -> None:
    assert shell.json(*options)["leads"] == {}
    assert "±" not in shell(*options)


def test_only_the_methods_named_are_run(shell: Shell) -> None:
    told = shell.json("--method", "nearest", "--method", "keywords", "--method", "nearest")
    assert list(told["methods"]) == ["nearest", "keywords"]
    assert "calibration" not in told


def test_variants_know_less_and_methods_with_nothing_to_go_by_are_blank(shell: Shell) -> None:
    assert shell.json("--variant", "keywords")["methods"]["zotero"] is None
    assert shell.json("--variant", "seeds")["readers"] == 2
    printed = shell("--variant", "interests", "--method", "zotero")
    assert "Readers: 1," in printed
    assert "–" in printed


def test_the_first_readers_alone(shell: Shell) -> None:
    assert shell.json("--readers", "1", "--method", "rocchio")["readers"] == 1


def test_the_run_holds_user_paper_and_score_best_first(shell: Shell) -> None:
    shell("--run", "out.tsv", "--method", "digestmail")
    lines = [line.split("\t") for line in Path("out.tsv").read_text().splitlines()]
    assert [line[0] for line in lines] == ["anna"] * 9 + ["ben"] * 8
    scores = [float(line[2]) for line in lines if line[0] == "anna"]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--method", "magic"), 1, "--method: “magic” is no method; known are digestmail,"),
        (("--method", "bm25", "--run", "x"), 1, "--run: writes the ranking of digestmail"),
        (("--run", "no/where.tsv"), 1, "--run: cannot write no/where.tsv"),
        (("--run", "set"), 1, "--run: cannot write set"),
        (("--method", "sanity"), 1, "10 papers share too few words"),
        (("--variant", "dreams"), 1, "is no variant; known are keywords, interests, seeds"),
        (("--readers", "0"), 2, "--readers"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    shell: Shell, words: tuple[str, ...], code: int, message: str
) -> None:
    lines = [line for line in shell(*words, code=code).splitlines() if "error: " in line]
    assert len(lines) == 1
    assert message in lines[0]


def test_a_bad_line_is_named(shell: Shell) -> None:
    write(shell.folder / "set", [reader(), {"user": "ben"}])
    assert shell(code=1).startswith("error: profiles.jsonl.gz line 2: liked: Field required")


def test_a_variant_that_nobody_told_is_refused(shell: Shell) -> None:
    write(shell.folder / "set", [reader()])
    message = "error: --variant: no reader of this benchmark has keywords\n"
    assert shell("--variant", "keywords", code=1) == message
