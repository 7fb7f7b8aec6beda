"""The demo runs the whole product: papers in, mails in a mailbox, through a real SMTP server."""

import email
import email.policy
import json
import sys
from pathlib import Path

import pytest
from needs import needs

from digestmail.demo.day import Demo, demo_day
from digestmail.demo.show import print_results
from digestmail.errors import SourceError
from digestmail.relevance.features.sentence_model import packaged_model
from digestmail.resources import SAMPLE_PAPERS
from digestmail.sources.files.file import FileSource

TRENDING = Path(__file__).parents[1] / ".." / "shared" / "data" / "trending_papers.jsonl"


def run(folder: Path, papers: Path) -> Demo:
    with demo_day(folder, papers, 8000) as demo:
        return demo


def test_the_sample_has_no_bad_record() -> None:
    papers = list(FileSource(SAMPLE_PAPERS, "sample").fetch(None))
    assert len(papers) >= 60
    assert not [paper for paper in papers if not hasattr(paper, "key")]


def test_everybody_gets_fitting_papers_or_a_reason(tmp_path: Path) -> None:
    results = run(tmp_path, SAMPLE_PAPERS).results()
    json.dumps(results)
    by_person = {digest["subscriber"]: digest for digest in results["digests"]}
    quiet = by_person.pop("quiet@example.org")
    assert (quiet["status"], quiet["detail"]) == ("skipped", "below-threshold")
    assert {digest["status"] for digest in by_person.values()} == {"sent"}
    assert all(paper["reasons"] for digest in by_person.values() for paper in digest["papers"])
    titles = [paper["title"] for paper in by_person["maya@example.org"]["papers"]]
    assert "Retrieval-Augmented" in titles[0]


def test_it_compares_by_meaning_where_the_model_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needs(packaged_model(), "the extra semantic is not installed")
    with demo_day(tmp_path, SAMPLE_PAPERS, 8000) as demo:
        print_results(demo, as_json=False)
        assert demo.app.embeddings.lacking() == []
    assert "by meaning as well as by words" in capsys.readouterr().out


def test_it_does_without_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with demo_day(tmp_path, SAMPLE_PAPERS, 8000) as demo:
        print_results(demo, as_json=False)
    said = capsys.readouterr().out
    assert "by words only" in said
    assert "pip install 'digestmail[semantic]'" in said


def test_every_mail_parses_strictly_and_has_both_parts(tmp_path: Path) -> None:
    demo = run(tmp_path, SAMPLE_PAPERS)
    strict = email.policy.default.clone(raise_on_defect=True)
    mails = [
        email.message_from_bytes(mail.as_bytes(), policy=strict) for mail in demo.mailbox.messages()
    ]
    assert len(mails) == 5
    for mail in mails:
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == [
            "text/plain",
            "text/html",
        ]
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_second_run_of_the_day_sends_nothing(tmp_path: Path) -> None:
    with demo_day(tmp_path, SAMPLE_PAPERS, 8000) as demo:
        demo.run_day()
        assert len(demo.mailbox.messages()) == 5


def test_real_papers_plainly_fit(tmp_path: Path) -> None:
    needs(TRENDING.exists(), "the folder shared is not beside the checkout")
    results = run(tmp_path, TRENDING).results()
    assert results["ingested"] == {"new": 847, "known": 0, "bad": 0}
    (maya,) = (d for d in results["digests"] if d["subscriber"] == "maya@example.org")
    assert len(maya["papers"]) == 8
    for paper in maya["papers"]:
        title = paper["title"].lower()
        assert any(word in title for word in ("retriev", "rank", "rags"))  # as RAG


def test_a_file_without_a_paper_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.jsonl").write_text("<html>\n")
    with pytest.raises(SourceError, match=r"page\.jsonl: contains no papers: line 1"):
        run(tmp_path, tmp_path / "page.jsonl")


@pytest.mark.parametrize("folder", ["full", "file"])
def test_it_wants_a_folder_of_its_own(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from digestmail.cli import main

    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    (tmp_path / "file").touch()
    monkeypatch.setattr(
        "sys.argv", ["digestmail", "demo", "--once", "--dir", str(tmp_path / folder)]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.count("error: ") == 1
