"""A reading list as BibTeX, RIS and CSV: what goes out comes in again, and nothing else does."""

import csv
import io
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from digestmail.domain import Paper, SavedPaper
from digestmail.sources.files.bibtex import read_bibtex
from digestmail.sources.files.ris import read_ris
from digestmail.steps.reading.citations import bibtex, citation_key, csv_of, ris

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HOSTILE = [
    "} @comment{ and { unbalanced",
    "a \\ backslash at the end \\",
    "100% of $5 & more #1 of a_b ~ ^",
    "$\\input{/etc/passwd}$ and \\write18{rm}",
    "$^^5cinput{x}$",
    "two\nlines\r\nER  - \r\nTY  - JOUR",
    "“quotes” \"straight\" 'single' 李明 über",
]


def paper(**values: Any) -> Paper:
    given: dict[str, Any] = {
        "key": "arxiv:2611.01234",
        "title": "Sparse features",
        "authors": ("Nkechi Okafor", "Jan van der Berg"),
        "categories": ("cs.CL", "cs.LG"),
        "url": "https://arxiv.org/abs/2611.01234",
        "abstract": "We look at features.",
        "published_at": NOW,
    }
    return Paper(**(given | values))


def record(found: Any) -> Mapping[str, Any]:
    ((_, only),) = found
    assert isinstance(only, Mapping)
    return only


def test_bibtex_has_what_a_paper_is() -> None:
    assert bibtex([paper()]) == (
        "@misc{okafor2026-2611.01234,\n"
        "  title = {Sparse features},\n"
        "  author = {Nkechi Okafor and Jan van der Berg},\n"
        "  year = {2026},\n"
        "  eprint = {2611.01234},\n"
        "  archiveprefix = {arXiv},\n"
        "  primaryclass = {cs.CL},\n"
        "  url = {https://arxiv.org/abs/2611.01234},\n"
        "  abstract = {We look at features.},\n"
        "}\n"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out_of_its_bibtex(text: str) -> None:
    made = bibtex([paper(title=text, abstract=text, authors=(text,)), paper(key="x:2")])
    read = [one for _, one in read_bibtex(made)]
    assert made.count("{") == made.count("}")
    assert len(read) == 2
    assert all(isinstance(one, Mapping) for one in read)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out_of_its_ris(text: str) -> None:
    made = ris([paper(title=text, abstract=text, authors=(text,)), paper(key="x:2")])
    assert len(list(read_ris(iter(made.splitlines(keepends=True))))) == 2
    assert [line[:2] for line in made.splitlines()].count("TY") == 2


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("Errors of $\\alpha_{i}$ & more", "Errors of $\\alpha_{i}$ \\& more"),
        ("$\\input{x}$", "\\$\\textbackslash{}input\\textbraceleft{}x\\textbraceright{}\\$"),
        ("from $5 to $10", "from \\$5 to \\$10"),
        ("$x_{i$", "xᵢ"),
        ("BERT and mRNA of a_b", "{BERT} and {mRNA} of a\\_b"),
        ("M\\\"uller's {bound}", "Müller's bound"),
        ("the set {0, 1}", "the set \\textbraceleft{}0, 1\\textbraceright{}"),
        ("re-BERT -BERT a_BERT aÉ", "{re-BERT} -{BERT} a\\_{BERT} aÉ"),
    ],
)
def test_titles_are_latex(text: str, latex: str) -> None:
    assert f"  title = {{{latex}}},\n" in bibtex([paper(title=text)])


def test_a_formula_without_end_takes_no_time() -> None:
    made = bibtex([paper(title="$" + "\\alpha" * 33 + "!é$")])
    assert "alpha" in made


def test_a_word_without_end_takes_no_time() -> None:
    began = time.process_time()
    bibtex([paper(title="a-" * 20_000)])
    assert time.process_time() - began < 2


def test_empty_names_are_left_out() -> None:
    odd = paper(authors=("", "Ann Bee", " ", "Cy Dee"))
    assert "  author = {Ann Bee and Cy Dee},\n" in bibtex([odd])
    assert rows(odd)[0]["authors"] == "Ann Bee; Cy Dee"
    assert citation_key(odd) == "bee2026-2611.01234"


def test_names_that_are_none_stay_whole() -> None:
    made = bibtex([paper(authors=("The A and B Collaboration", "Doe, Jane", "others"))])
    assert "author = {{The A and B Collaboration} and Doe, Jane and {others}}," in made


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({}, "okafor2026-2611.01234"),
        ({"key": "arxiv:math/0309136"}, "okafor2026-math-0309136"),
        ({"authors": ("Doe, Jørgen",)}, "doe2026-2611.01234"),
        ({"authors": ("李明",)}, "anonymous2026-2611.01234"),
        ({"authors": (), "published_at": None}, "anonymous-2611.01234"),
        ({"key": "doi:10.1000/{x}"}, "okafor2026-8612e5faff"),
    ],
)
def test_citation_keys_are_the_papers_own(values: dict[str, Any], key: str) -> None:
    assert citation_key(paper(**values)) == key


def test_no_two_papers_share_a_key() -> None:
    papers = [paper(key=f"doi:10.1000/{number}") for number in range(500)]
    assert len({citation_key(one) for one in papers}) == 500


def test_bibtex_is_read_again() -> None:
    read = record(read_bibtex(bibtex([paper(doi="10.1000/a_b")])))
    assert read["authors"] == ["Nkechi Okafor", "Jan van der Berg"]
    assert (read["arxiv_id"], read["doi"]) == ("2611.01234", "10.1000/a_b")


def test_ris_is_read_again() -> None:
    read = record(read_ris(iter(ris([paper(doi="10.1000/a_b")]).splitlines(keepends=True))))
    assert read["authors"] == ["Okafor, Nkechi", "van der Berg, Jan"]
    assert (read["arxiv_id"], read["doi"]) == ("arXiv:2611.01234", "10.1000/a_b")
    assert (read["title"], read["published"]) == ("Sparse features", "2026-11-20")


def test_ris_turns_no_group_around() -> None:
    assert "AU  - The Deep and Wide Group\r\n" in ris([paper(authors=("The Deep and Wide Group",))])


def rows(*papers: Paper) -> list[dict[str, str]]:
    made = csv_of([SavedPaper(one, NOW) for one in papers])
    return list(csv.DictReader(io.StringIO(made)))


def test_csv_has_a_row_for_each_paper() -> None:
    (row,) = rows(paper())
    assert row["authors"] == "Nkechi Okafor; Jan van der Berg"
    assert (row["arxiv"], row["published"], row["saved"]) == (
        "2611.01234",
        "2026-11-20",
        "2026-11-20",
    )


def test_csv_quotes_every_cell() -> None:
    made = csv_of([SavedPaper(paper(title="a;=cmd()"), NOW)])
    assert made.splitlines()[1].startswith('"a;=cmd()","Nkechi Okafor; Jan van der Berg",')


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    (row,) = rows(paper(title=f"{start}cmd|' /C calc'!A0", authors=(f"{start}x",)))
    assert row["title"].startswith("'")
    assert row["authors"].startswith("'")
