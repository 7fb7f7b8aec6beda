import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.domain import BadRecord, Paper
from digestmail.sources.files.bibtex import read_bibtex, unbraced
from digestmail.sources.files.file import FileSource
from digestmail.text import readable


def fetched(folder: Path, text: str) -> list[Paper | BadRecord]:
    path = folder / "papers.bib"
    path.write_text(text, encoding="utf-8")
    return list(FileSource(path, "lab").fetch(None))


def field(text: str, name: str) -> object:
    ((_, record),) = read_bibtex(text)
    assert not isinstance(record, str)
    return record[name]


def test_an_entry(tmp_path: Path) -> None:
    (result,) = fetched(
        tmp_path,
        r"""
        % exported
        @string{tea = "Journal of Tea"}
        @article{kettle2026,
          author = {Kettle, Jr., Ada and G{\"o}del, Kurt and {The Spouts} and others},
          title = "On {T}eapots and {BERT}, {\"u}ber $n_{ij} < 7$",
          journal = tea, year = 2026, month = mar, keywords = {tea, milk},
          abstract = {We watch
             teapots.},
          doi = {10.1000/X\_y},
          url = {https://tea.example/a\_b},
        }""",
    )
    assert isinstance(result, Paper)
    assert result.key == "doi:10.1000/x_y"
    assert result.title == r"On Teapots and BERT, {\"u}ber $n_{ij} < 7$"
    assert result.abstract == "We watch teapots."
    assert result.authors == ("Ada Kettle Jr.", "Kurt Gödel", "The Spouts")
    assert (result.url, result.categories) == ("https://tea.example/a_b", ())
    assert str(result.published_at) == "2026-03-01 00:00:00+00:00"


@pytest.mark.parametrize(
    "fields",
    [
        "eprint={2603.00001}, archivePrefix={arXiv}, primaryClass={cs.AI}",
        "eprint={arXiv:2603.00001v2}",
        "journal={arXiv preprint arXiv:2603.00001}",
        "journal={CoRR}, volume={abs/2603.00001}",
        "url={https://arxiv.org/abs/2603.00001}",
        "howpublished={\\url{https://arxiv.org/abs/2603.00001}}",
        "doi={10.48550/arXiv.2603.00001}",
    ],
)
def test_arxivs_papers_are_known(tmp_path: Path, fields: str) -> None:
    (result,) = fetched(tmp_path, f"@misc{{a, title={{T}}, {fields}}}")
    assert isinstance(result, Paper)
    assert result.key == "arxiv:2603.00001"


def test_the_arxiv_class_is_a_category() -> None:
    assert field("@misc{a, title={T}, primaryClass={cs.AI}}", "categories") == "cs.AI"


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ("date={2026-03-04}", "2026-03-04"),
        ("date={2026-03}", "2026-03-01"),
        ("year={2026}, month={March}, day={4}", "2026-03-04"),
        ("year={2026}, month=3", "2026-03-01"),
        ("year={2026}", ""),
        ("year={in press}, month={soon}", ""),
    ],
)
def test_dates(fields: str, published: str) -> None:
    assert field(f"@misc{{a, title={{T}}, {fields}}}", "published") == published


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("{BERT} and {{GPT}}", "BERT and GPT"),
        (r"{\"o} \'{e} Stra{\ss}e {\'E}", r"{\"o} \'{e} Stra{\ss}e {\'E}"),
        (r"\emph{a {B}} $x_{i}^{j}$ \{c\}", r"\emph{a B} $x_{i}^{j}$ \{c\}"),
        ("open { and } close }", "open  and  close }"),
    ],
)
def test_braces_for_capitals_go(text: str, plain: str) -> None:
    assert unbraced(text) == plain


def test_what_stays_is_readable() -> None:
    text = unbraced(r"{G}{\"o}del in der Stra{\ss}e of {{T}ea}")
    assert readable(text) == "Gödel in der Straße of Tea"


def test_broken_entries_are_told_and_passed(tmp_path: Path) -> None:
    results = fetched(
        tmp_path,
        "@misc{a, title={T}}\n\n@misc{b,\n title={no end,\n year={2026}\n\n@misc{c, title={U}}\n"
        "@misc{d title={x}}\n@misc{e, year={2026}}\n",
    )
    titles = [result.title for result in results if isinstance(result, Paper)]
    told = [(bad.where, bad.problem[:20]) for bad in results if isinstance(bad, BadRecord)]
    assert titles == ["T", "U"]
    assert told == [
        ("line 3", "it is not BibTeX: Un"),
        ("line 8", "it is not BibTeX: Ex"),
        ("line 9", "it has no title"),
    ]


def test_entries_and_fields_that_repeat_are_kept(tmp_path: Path) -> None:
    results = fetched(
        tmp_path, "@misc{a, title={T}}\n@misc{a, title={U}}\n@misc{b, title={V}, title={V}}"
    )
    assert [result.title for result in results if isinstance(result, Paper)] == ["T", "U", "V"]


def test_nothing_is_in_an_empty_file(tmp_path: Path) -> None:
    assert fetched(tmp_path, '% nothing\n@comment{x}\n@preamble{"y"}') == []


@pytest.mark.parametrize("piece", ["@misc{a", "{", "}", '"', "\\", "@misc{a,title={", " and ", "$"])
def test_hostile_files_do_not_take_long(piece: str) -> None:
    begun = time.process_time()
    results = list(read_bibtex(f"@misc{{a, title={{T}}, author={{{piece * 5_000}}}}}"))
    assert time.process_time() - begun < 2
    assert all(where.startswith("line ") for where, _ in results)


@given(st.text(alphabet='@{}",=#\\$% \nabmiscteuhor1', max_size=150))
def test_no_text_makes_it_fail(text: str) -> None:
    for where, record in read_bibtex(
        f"@misc{{a, title={{{text}}}}}\n{text}\n@misc{{b, author={{{text}}}}}"
    ):
        assert where.startswith("line ")
        assert isinstance(record, str | dict)
