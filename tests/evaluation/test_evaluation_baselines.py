"""The other programs' methods: their order on a small benchmark."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evaluation_samples import benchmark, papers, reader, write

from digestmail.errors import InputError
from digestmail.evaluation.baselines import BASELINES, Space
from digestmail.evaluation.read import Benchmark, read_benchmark
from digestmail.evaluation.runs import baseline_measures

OTHERS = [
    {"id": f"{field}{n}", "title": f"{field} {n % 4}", "abstract": f"On {field} and {n % 3} more"}
    for field in ("market", "protein", "galaxy", "tide", "poem", "bridge", "tree", "bird", "wine")
    for n in range(10)
]


def with_papers(folder: Path, some: list[Any], *readers: Any) -> Benchmark:
    return read_benchmark(write(folder, readers, some))


def ranked(method: str, found: Benchmark) -> list[str]:
    """How a method orders the pool of the first reader."""
    split = found.split(found.readers[0])
    scores = BASELINES[method](Space(found))(found.readers[0], split)
    assert scores is not None
    order = np.argsort(-scores, kind="stable")
    return [found.papers[split.pool[at]].key for at in order]


def test_chronological_has_the_newest_first(tmp_path: Path) -> None:
    assert ranked("chronological", benchmark(tmp_path))[:3] == ["c4", "i4", "c3"]


def test_keywords_counts_whole_words_and_then_takes_the_newest(tmp_path: Path) -> None:
    found = benchmark(tmp_path, reader(keywords=["Sea-Ice", "ice", "cod"]))
    assert ranked("keywords", found)[:5] == ["i4", "i3", "i2", "i1", "c4"]


def test_bm25_prefers_rare_words_and_short_texts(tmp_path: Path) -> None:
    longer = {"abstract": "Sea ice " + "and much of other things besides " * 5}
    found = benchmark(tmp_path, reader(liked=[], interests="extent of sea ice"), i0=longer)
    assert ranked("bm25", found)[:2] == ["i4", "i0"]
    assert set(ranked("bm25", found)[:5]) == {"i0", "i1", "i2", "i3", "i4"}


@pytest.mark.parametrize("method", ["rocchio", "nearest", "zotero", "inbox"])
def test_what_is_like_the_liked_comes_first(tmp_path: Path, method: str) -> None:
    found = benchmark(tmp_path, reader(liked=["i0", "i2"]))
    assert set(ranked(method, found)[:3]) == {"i1", "i3", "i4"}


def test_sanity_ranks_what_is_like_the_liked_first(tmp_path: Path) -> None:
    many = [{**paper, "id": f"{paper['id']}{n}"} for paper in papers() for n in "ab"]
    found = with_papers(tmp_path, [*many, *OTHERS], reader(liked=["i0a", "i1a", "i2a"]))
    assert {key[0] for key in ranked("sanity", found)[:7]} == {"i"}


def test_rocchio_listens_to_what_was_typed_too(tmp_path: Path) -> None:
    silent = ranked("rocchio", benchmark(tmp_path, reader()))
    asking = ranked("rocchio", benchmark(tmp_path, reader(interests="quantum error decoding")))
    assert asking.index("c4") < silent.index("c4")


def test_zotero_weighs_the_latest_liked_paper_most(tmp_path: Path) -> None:
    assert ranked("zotero", benchmark(tmp_path, reader(liked=["i0", "c1"])))[0][0] == "c"
    assert ranked("zotero", benchmark(tmp_path, reader(liked=["c1", "i0"])))[0][0] == "i"


def test_inbox_learns_from_what_was_disliked(tmp_path: Path) -> None:
    likes = reader(liked=["i0", "c0"], exclude=["c1", "c2"])
    plain = ranked("inbox", benchmark(tmp_path, likes))
    told = ranked("inbox", benchmark(tmp_path, likes | {"disliked": ["c1", "c2"]}))
    assert told.index("c3") > plain.index("c3")


@pytest.mark.parametrize(
    "method", ["keywords", "bm25", "rocchio", "nearest", "sanity", "zotero", "inbox"]
)
def test_a_method_says_when_it_was_told_nothing(tmp_path: Path, method: str) -> None:
    some = [*papers(), *OTHERS]
    found = with_papers(tmp_path, some, reader(liked=[]), reader("ben", liked=[]))
    assert baseline_measures(method, Space(found), lambda _: None) is None


def test_without_dates_there_is_no_newest(tmp_path: Path) -> None:
    found = with_papers(tmp_path, [p | {"published": None} for p in papers()], reader())
    assert baseline_measures("chronological", Space(found), lambda _: None) is None


def test_a_reader_who_told_nothing_counts_as_not_served(tmp_path: Path) -> None:
    asking = reader(interests="ice sheet melt")
    found = benchmark(tmp_path, asking, reader("ben"))
    measures = baseline_measures("bm25", Space(found), lambda _: None)
    assert measures is not None
    assert [one.mrr for one in measures] == [1, 0]


def test_too_few_papers_for_a_method_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="10 papers have too few words in common"):
        baseline_measures("sanity", Space(benchmark(tmp_path)), lambda _: None)


def test_readers_done_are_told(tmp_path: Path) -> None:
    told: list[int] = []
    found = benchmark(tmp_path, reader(), reader("ben"))
    baseline_measures("nearest", Space(found), told.append)
    assert told == [1, 2]
