import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from textwrap import fill

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources_server import TRENDING

from digestmail.domain import BadRecord, Paper
from digestmail.sources.files.file import FileSource
from digestmail.sources.files.plain_listing import read_plain_listing

WRAPPED = """We watch a great many teapots of all sizes for a year
and find that they sleep. This holds for iron, for glass and for
China ones, which we show in an experiment with seven kitchens
and twelve kinds of tea."""
ABSTRACT = WRAPPED.replace("\n", " ")


def fetched(folder: Path, text: str) -> list[Paper | BadRecord]:
    path = folder / "listing.txt"
    path.write_text(text, encoding="utf-8", newline="")
    return list(FileSource(path, "trending").fetch(None))


def pairs(results: list[Paper | BadRecord]) -> list[tuple[str, str]]:
    return [
        (result.title, result.abstract)
        if isinstance(result, Paper)
        else (result.where, result.problem)
        for result in results
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"One teapot\n{ABSTRACT}\nTwo teapots\n{ABSTRACT}\n",
        f"\ufeffOne teapot\r\n{ABSTRACT}\r\n\r\nTwo teapots\r\n{ABSTRACT}",
        f"\n\nOne teapot\n\n{ABSTRACT}\n\n\nTwo teapots\n\n{ABSTRACT}\n",
        f"One teapot\n{WRAPPED}\n\nTwo teapots\n{WRAPPED}\n",
        f"One teapot\n\n{WRAPPED}\n\nTwo teapots\n\n{WRAPPED}\n",
        f"42\nOne teapot\n{ABSTRACT}\nUpvote 42\n· 7 authors\n\n1.2k\nTwo teapots\n{ABSTRACT}",
        f"One teapot\n{ABSTRACT}\nSubmitted by ada\nPublished on Mar 4, 2026\nGitHub 12\n"
        f"Two teapots\n{ABSTRACT}\n",
    ],
)
def test_titles_and_abstracts_in_turn(tmp_path: Path, text: str) -> None:
    assert pairs(fetched(tmp_path, text)) == [("One teapot", ABSTRACT), ("Two teapots", ABSTRACT)]


def test_abstracts_without_full_stop_are_told_by_the_pairs(tmp_path: Path) -> None:
    text = "One\nof tea and of milk\nTwo\nof sugar and of cups\n"
    expected = [("One", "of tea and of milk"), ("Two", "of sugar and of cups")]
    assert pairs(fetched(tmp_path, text)) == expected


def test_an_abstract_of_two_paragraphs(tmp_path: Path) -> None:
    text = f"One teapot\n\n{ABSTRACT}\n\n{ABSTRACT}\n\nTwo teapots\n\n{ABSTRACT}\n"
    results = pairs(fetched(tmp_path, text))
    assert results == [("One teapot", f"{ABSTRACT} {ABSTRACT}"), ("Two teapots", ABSTRACT)]


def test_one_missing_abstract_does_not_shift_the_rest(tmp_path: Path) -> None:
    text = f"One teapot\n{ABSTRACT}\nTwo teapots\nThree teapots\n{ABSTRACT}\n"
    assert pairs(fetched(tmp_path, text)) == [
        ("One teapot", ABSTRACT),
        ("line 3", "there is no abstract after “Two teapots”"),
        ("Three teapots", ABSTRACT),
    ]


def test_one_missing_title_is_told(tmp_path: Path) -> None:
    text = f"{ABSTRACT}\nTwo teapots\n{ABSTRACT}\n"
    assert pairs(fetched(tmp_path, text)) == [
        ("line 1", "it is an abstract without a title before it"),
        ("Two teapots", ABSTRACT),
    ]


def test_a_paper_is_known_by_its_title(tmp_path: Path) -> None:
    (result,) = fetched(tmp_path, f"One Teapot\n{ABSTRACT}\n")
    (again,) = fetched(tmp_path, f"12\n\none teapot:\n\n{ABSTRACT} More.\n")
    digest = hashlib.sha1(b"one teapot\n").hexdigest()[:12]  # noqa: S324
    assert isinstance(result, Paper)
    assert isinstance(again, Paper)
    assert result.key == again.key == f"trending:{digest}"


@pytest.mark.parametrize("text", ["", "\n\n", "42\n· 7 authors\n"])
def test_nothing_is_in_an_empty_listing(tmp_path: Path, text: str) -> None:
    assert fetched(tmp_path, text) == []


def squeezed(text: str) -> str:
    return " ".join(text.split())


def wrapped(text: str) -> str:
    return fill(text, 80, break_on_hyphens=False, break_long_words=False)


@pytest.mark.skipif(not TRENDING.exists(), reason="the shared data are not beside this checkout")
@pytest.mark.parametrize(
    ("between", "after", "form"),
    [
        ("\n", "\n", squeezed),
        ("\n\n", "\n\n", squeezed),
        ("\n\n", "\n\nUpvote\n\n42\nGitHub 1.2k\n", squeezed),
        ("\n", "\n\n", wrapped),
        ("\n\n", "\n\n", wrapped),
    ],
)
def test_a_real_listing(
    tmp_path: Path, between: str, after: str, form: Callable[[str], str]
) -> None:
    with TRENDING.open(encoding="utf-8") as file:
        papers = [json.loads(line) for line in file]
    text = "".join(
        squeezed(paper["title"]) + between + form(paper["abstract"]) + after for paper in papers
    )
    results = pairs(fetched(tmp_path, text))
    assert len(results) == 847
    assert [title for title, _ in results] == [squeezed(paper["title"]) for paper in papers]


# --- arXiv's mailing -------------------------------------------------------------------------

MAILING = r"""------------------------------------------------------------------------------
 received from  Tue  3 Mar 26 19:00:00 GMT  to  Wed  4 Mar 26 19:00:00 GMT
------------------------------------------------------------------------------
\\
arXiv:2603.00001
Date: Tue, 3 Mar 2026 19:59:59 GMT   (215kb)

Title: On the sleep of teapots: a study that is
  long
Authors: Ada Kettle, Bo Spout (Univ. of Tea)
Categories: cs.AI stat.ML
Comments: 7 pages
DOI: 10.1000/x
\\
  We watch $n < 7$ teapots
and they sleep.
\\ ( https://arxiv.org/abs/2603.00001 ,  215kb)
------------------------------------------------------------------------------
\\
arXiv:2602.00007
replaced with revised version Wed, 4 Mar 2026 01:02:03 GMT   (20kb)

Title: An older one
Authors: Bo Spout
Categories: cs.AI
\\ ( https://arxiv.org/abs/2602.00007 ,  20kb)
------------------------------------------------------------------------------
\\
arXiv:2603.00002
Date: Wed, 4 Mar 2026 10:00:00 GMT   (9kb)

Title: Another
Authors: Bo Spout
Categories: cs.LG
\\
  Short.
\\ ( https://arxiv.org/abs/2603.00002 ,  9kb)
%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---%%%---
"""


def test_arxivs_mailing(tmp_path: Path) -> None:
    first, second = fetched(tmp_path, MAILING)
    assert isinstance(first, Paper)
    assert isinstance(second, Paper)
    assert (first.key, second.key) == ("arxiv:2603.00001", "arxiv:2603.00002")
    assert first.title == "On the sleep of teapots: a study that is long"
    assert first.abstract == "We watch $n < 7$ teapots and they sleep."
    assert first.categories == ("cs.AI", "stat.ML")
    assert (first.doi, first.authors[0]) == ("10.1000/x", "Ada Kettle")
    assert str(first.published_at) == "2026-03-03 19:59:59+00:00"


@pytest.mark.parametrize("end", ["  Short.", "Categories: cs.LG", "arXiv:2603.00002"])
def test_a_mailing_cut_short_is_told(tmp_path: Path, end: str) -> None:
    results = fetched(tmp_path, MAILING[: MAILING.rindex(end) + len(end)])
    assert isinstance(results[0], Paper)
    assert results[1:] == [BadRecord("line 29", "the listing is truncated here")]


@given(
    st.lists(
        st.sampled_from(["\\\\", "\\\\ ( x )", "arXiv:2603.00001", "Title: a", "  b", "-" * 20, ""])
        | st.text(max_size=300)
    )
)
def test_no_lines_make_it_fail(lines: list[str]) -> None:
    for where, record in read_plain_listing(lines):
        assert where.startswith("line ")
        assert isinstance(record, str | dict)
