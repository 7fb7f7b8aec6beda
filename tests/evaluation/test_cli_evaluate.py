"""evaluate as an operator uses it, on a small benchmark."""

import json
import math
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
        folders = [] if words and words[0] == "set" else ["set"]
        self._monkeypatch.setattr(sys, "argv", ["digestmail", "evaluate", *folders, *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._output.readouterr()
        assert (ended.value.code or 0) == code, printed.out + printed.err
        return printed.err if code else printed.out

    def json(self, *words: str) -> Any:
        (result,) = json.loads(self(*words, "--json"))["sets"]
        return result


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
        assert measures.keys() == {"ndcg", "recall", "mrr", "ap", "first_five", "mail"}
        assert 0 < measures["mrr"] <= 1
        assert measures["recall"] == 1  # of a pool of 9 papers


def test_calibration_is_of_the_papers_that_a_mail_can_hold(shell: Shell) -> None:
    calibration = shell.json("--method", "digestmail")["calibration"]
    bins = calibration["bins"]
    assert bins[0]["papers"] == 0
    assert calibration["papers"] == sum(each["papers"] for each in bins) > 0
    apart = sum(b["papers"] * abs(b["score"] - b["relevant"]) for b in bins if b["papers"])
    assert calibration["error"] == pytest.approx(apart / calibration["papers"])
    assert calibration["standard_error"] >= 0


def test_a_mail_of_ten_is_told_of_dated_pools(shell: Shell) -> None:
    assert shell.json()["daily"] == []
    assert "papers a day" not in shell()
    dated = {"pool_from": "2026-03-03", "pool_to": "2026-03-07"}
    write(shell.folder / "set", [reader(interests="polar ice") | dated])
    first = shell.json()["daily"][0]
    assert first.keys() == {"threshold", "papers", "empty", "recall"}
    assert (first["threshold"], first["recall"]) == (0, 1)
    told = shell()
    assert "An email of up to 10 papers a day" in told
    assert f"{first['papers']:.1f}" in told


def test_what_variety_costs_is_told(shell: Shell) -> None:
    told = shell.json()
    assert told["diversity"].keys() == {"best", "diversified"}
    for ten in told["diversity"].values():
        assert ten.keys() == {"ndcg", "similarity"}
        assert 0 < ten["similarity"] < 1
    ndcg = told["methods"]["digestmail"]["ndcg"]
    assert told["diversity"]["best"]["ndcg"] == pytest.approx(ndcg)
    assert "Ten diversified papers: mean cosine" in shell()


def test_readers_for_whom_nothing_fits_are_ranked_and_their_silence_is_told(shell: Shell) -> None:
    before = shell.json("--method", "digestmail")
    assert before["mail"]["silence"] is None
    absent = [
        {"user": "cora", "liked": [], "relevant": [], "keywords": ["plague"]},
        {"user": "dora", "liked": [], "relevant": [], "keywords": ["sea ice extent"]},
    ]
    write(shell.folder / "set", [reader(interests="polar ice"), reader("ben"), *absent])
    told = shell.json("--method", "digestmail", "--method", "bm25", "--run", "our.run")
    assert told["readers"] == 4
    assert told["mail"]["silence"] == 0.5
    assert 0 < told["mail"]["first_five"] <= 1
    users = {line.split("\t")[0] for line in (shell.folder / "our.run").read_text().splitlines()}
    assert users == {"anna", "ben", "cora", "dora"}
    assert "Readers who get no email, among those with no relevant paper: 50%" in shell()


def test_the_tables_are_for_people(shell: Shell) -> None:
    printed = shell("--method", "digestmail", "--method", "chronological")
    assert "set: readers 2, papers 10" in printed
    assert "nDCG@10" in printed
    assert "chronological" in printed
    assert "expected calibration error" in printed


def test_how_far_we_are_ahead_is_told_with_its_error(shell: Shell) -> None:
    told = shell.json()
    ours = told["methods"].pop("digestmail")
    assert told["differences"].keys() == told["methods"].keys()
    for name, difference in told["differences"].items():
        for measure, by in difference["mean"].items():
            assert by == pytest.approx(ours[measure] - told["methods"][name][measure])
            assert difference["error"][measure] >= 0
    by, error = (told["differences"]["bm25"][value]["mrr"] for value in ("mean", "error"))
    assert error > 0  # of the two readers one told nothing that bm25 works on
    assert f"{by:+.3f} ± {error:.3f}" in shell("--against", "bm25")


def test_differences_are_told_from_the_best_other_method_or_a_chosen_one(shell: Shell) -> None:
    told = shell.json()
    ndcg = {name: m["ndcg"] for name, m in told["methods"].items() if name != "digestmail"}
    assert ndcg[told["against"]] == max(ndcg.values())
    assert f"digestmail − {told['against']}" in shell()
    chosen = shell.json("--method", "digestmail", "--against", "nearest")
    assert chosen["against"] == "nearest"
    assert list(chosen["methods"]) == ["digestmail", "nearest"]


@pytest.mark.parametrize("options", [("--readers", "1"), ("--method", "digestmail")])
def test_without_others_or_a_second_reader_no_lead_is_told(
    shell: Shell, options: tuple[str, ...]
) -> None:
    assert shell.json(*options)["differences"] == {}
    assert "digestmail −" not in shell(*options)


def test_only_the_methods_named_are_run(shell: Shell) -> None:
    told = shell.json("--method", "nearest", "--method", "keywords", "--method", "nearest")
    assert list(told["methods"]) == ["nearest", "keywords"]
    assert "calibration" not in told


def test_variants_know_less_and_methods_with_nothing_to_go_by_are_blank(shell: Shell) -> None:
    assert shell.json("--variant", "keywords")["methods"]["zotero"] is None
    assert shell.json("--variant", "seeds")["readers"] == 2
    printed = shell("--variant", "interests", "--method", "zotero")
    assert "set:interests: readers 1," in printed
    assert "–" in printed


def test_several_folders_are_summed_up_by_family(shell: Shell) -> None:
    write(shell.folder / "cisi", [reader("carl"), reader("cleo", liked=["c0"], relevant=["c1"])])
    write(shell.folder / "cranfield", [reader("dan"), reader("dora", keywords=["ice"])])
    folders = ("set", "cisi", "cranfield")
    told = json.loads(shell(*folders, "--against", "rocchio", "--json"))
    assert [each["set"] for each in told["sets"]] == list(folders)
    assert {name: mean["sets"] for name, mean in told["families"].items()} == {
        "set": 1,
        "classic": 2,
    }
    classic = [each for each in told["sets"] if each["family"] == "classic"]
    by = [each["differences"]["rocchio"]["mean"]["ndcg"] for each in classic]
    errors = [each["differences"]["rocchio"]["error"]["ndcg"] for each in classic]
    mean = told["families"]["classic"]["difference"]
    assert mean["mean"]["ndcg"] == pytest.approx(sum(by) / 2)
    assert mean["error"]["ndcg"] == pytest.approx(math.hypot(*errors) / 2)
    both = [told["families"][name]["digestmail"]["ndcg"] for name in ("set", "classic")]
    assert told["mean"]["digestmail"]["ndcg"] == pytest.approx(sum(both) / 2)
    printed = shell(*folders)
    assert "family classic" in printed
    assert "mean of families" in printed


def test_a_family_can_be_left_out(shell: Shell) -> None:
    write(shell.folder / "cisi", [reader("carl"), reader("cleo")])
    told = json.loads(shell("set", "cisi", "--leave-out", "classic", "--json"))
    assert [each["set"] for each in told["sets"]] == ["set"]


def test_sets_whose_readers_did_not_say_what_a_variant_knows_are_left_out(shell: Shell) -> None:
    told = json.loads(shell("set", "--variant", "keywords", "--variant", "dislikes", "--json"))
    assert [each["set"] for each in told["sets"]] == ["set:keywords"]


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
        (("--method", "magic"), 1, "--method: “magic” is not a method. Choose from digestmail,"),
        (("--method", "bm25", "--run", "x"), 1, "--run: writes the ranking by digestmail"),
        (("--run", "no/where.tsv"), 1, "--run: cannot write no/where.tsv"),
        (("--run", "set"), 1, "--run: cannot write set"),
        (("--method", "sanity"), 1, "10 papers have too few words in common"),
        (("--variant", "dreams"), 1, "is not a variant. Choose from keywords, interests, seeds"),
        (("--readers", "0"), 2, "--readers"),
        (
            ("--against", "digestmail"),
            1,
            "--against: “digestmail” is not a method. Choose from chron",
        ),
        (("--leave-out", "birds"), 1, "--leave-out: “birds” is not a family here. Choose from set"),
        (("--leave-out", "set"), 1, "--leave-out: no set is left"),
        (("--embeddings", "."), 1, "--embeddings: needs a sentence model: add --semantic auto"),
        (("--semantic", "nowhere"), 78, "nowhere needs tokenizer.json"),
        (
            ("--variant", "seed", "--variant", "seeds", "--run", "x"),
            1,
            "--run: writes the ranking for one set",
        ),
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
    message = "error: --variant: no reader here has any keywords"
    assert message in shell("--variant", "keywords", code=1).splitlines()
