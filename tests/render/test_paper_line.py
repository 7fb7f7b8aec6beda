"""The line of a paper says what it does and whose words these are; its links lead outside."""

from dataclasses import replace

from digestmail.domain import Paper, WrittenLine
from digestmail.render.external_links import external_links
from digestmail.render.paper_line import LINE_LIMIT, paper_line

ABSTRACT = "Sea ice melts. We propose a faster solver of melt ponds. It runs on a laptop."
PAPER = Paper(key="arxiv:2610.00001", title="Ponds", abstract=ABSTRACT)


def test_a_sentence_of_the_abstract_has_no_mark() -> None:
    line = paper_line(PAPER, limit=60)
    assert (line.text, line.mark) == ("We propose a faster solver of melt ponds.", "")


def test_a_summary_of_a_source_names_it() -> None:
    line = paper_line(replace(PAPER, summary="Ponds, solved.", summary_source="Hugging Face"))
    assert (line.text, line.mark) == ("Ponds, solved.", "summary by Hugging Face")


def test_a_line_written_for_the_reader_goes_first() -> None:
    paper = replace(PAPER, summary="Ponds, solved.", summary_source="Hugging Face")
    written = WrittenLine("Löst Schmelztümpel schneller.", "Tümpel")
    line = paper_line(replace(paper, written=written))
    assert (line.text, line.mark) == ("Löst Schmelztümpel schneller.", "machine-written")
    assert line.title == "Tümpel"


def test_a_paper_without_an_abstract_has_no_line() -> None:
    line = paper_line(Paper(key="lab:1", title="Ponds"))
    assert (line.text, line.mark) == ("", "")


def test_hostile_summaries_are_short_and_plain() -> None:
    line = paper_line(
        replace(PAPER, summary="\u202eBuy\x00 now.\n" * 900, summary_source="x\u202e" * 900)
    )
    assert len(line.text) <= LINE_LIMIT
    assert line.text.isprintable()
    assert line.mark.isprintable()
    assert len(line.mark) < 100


def test_links_lead_to_pdf_code_project_and_doi() -> None:
    paper = replace(
        PAPER,
        url="https://arxiv.org/abs/2610.00001",
        pdf_url="https://arxiv.org/pdf/2610.00001",
        code_url="https://github.com/lab/ponds",
        project_url="https://ponds.example",
        doi="10.1000/ponds<1>",
    )
    assert external_links(paper) == (
        ("PDF", "https://arxiv.org/pdf/2610.00001"),
        ("Code", "https://github.com/lab/ponds"),
        ("Project page", "https://ponds.example"),
        ("DOI", "https://doi.org/10.1000/ponds%3C1%3E"),
    )


def test_an_address_is_linked_once_and_only_if_it_is_one() -> None:
    paper = replace(
        PAPER,
        url="https://doi.org/10.1000/ponds",
        pdf_url="javascript:alert(1)",
        code_url="https://github.com/lab/ponds",
        project_url="https://github.com/lab/ponds",
        doi="10.1000/ponds",
    )
    assert external_links(paper) == (("Code", "https://github.com/lab/ponds"),)


def test_the_doi_that_arxiv_gives_is_no_link() -> None:
    assert external_links(replace(PAPER, doi="10.48550/arXiv.2610.00001")) == ()
