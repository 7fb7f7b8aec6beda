"""Benchmark folders: every kind of pool, and every way to be unusable."""

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from evaluation_samples import benchmark, papers, reader, write, write_lines

from digestmail.errors import InputError
from digestmail.evaluation.read import Benchmark, read_benchmark
from digestmail.evaluation.variants import Variant, reduced

ALL = {paper["id"] for paper in papers()}
NEW = {"c3": {"new": True}, "i3": {"new": True}, "i0": {"new": True}}


def ids(found: Benchmark, positions: Iterable[int]) -> set[str]:
    return {found.papers[position].key for position in positions}


def split(found: Benchmark) -> tuple[set[str], set[str]]:
    """(pool, past) of the one reader."""
    halves = found.split(found.readers[0])
    return ids(found, halves.pool), ids(found, halves.past)


# --- pools -----------------------------------------------------------------------------------


def test_without_any_word_of_it_the_pool_is_everything_but_the_liked(tmp_path: Path) -> None:
    assert split(benchmark(tmp_path)) == (ALL - {"i0"}, ALL - {"i0"})


def test_papers_marked_new_are_the_pool(tmp_path: Path) -> None:
    pool, past = split(benchmark(tmp_path, **NEW))
    assert pool == {"c3", "i3"}
    assert past == ALL - {"c3", "i3", "i0"}


def test_a_window_of_dates_goes_before_new(tmp_path: Path) -> None:
    window = reader(pool_from="2026-03-03", pool_to="2026-03-05")
    pool, past = split(benchmark(tmp_path, window, **NEW))
    assert pool == {"i1", "c1"}
    assert past == {"c0"}  # i0 is liked; later ones are not known yet


def test_a_list_goes_before_all_and_unknown_ids_are_left_out(tmp_path: Path) -> None:
    listed = reader(
        pool=["c4", "i0", "i1", "nowhere"], pool_from="2026-03-03", pool_to="2026-03-05"
    )
    pool, past = split(benchmark(tmp_path, listed, **NEW))
    assert pool == {"c4", "i1"}
    assert past == ALL - {"i0"}


def test_excluded_papers_are_neither_ranked_nor_learnt_from_nor_sought(tmp_path: Path) -> None:
    found = benchmark(tmp_path, reader(exclude=["c0", "i2"], relevant=["i0", "i1", "i2"]))
    assert split(found) == (ALL - {"i0", "c0", "i2"}, ALL - {"i0", "c0", "i2"})
    assert found.readers[0].held_out == {"i1"}


def test_liked_papers_keep_the_readers_order(tmp_path: Path) -> None:
    found = benchmark(tmp_path, reader(liked=["c4", "i0", "c1"]))
    liked = found.split(found.readers[0]).liked
    assert [found.papers[position].key for position in liked] == ["c4", "i0", "c1"]


# --- papers ----------------------------------------------------------------------------------


def test_a_link_names_where_the_papers_lie(tmp_path: Path) -> None:
    write(tmp_path / "whole", [reader()])
    write_lines(tmp_path / "cold" / "profiles.jsonl.gz", [reader("ben")])
    (tmp_path / "cold" / "PAPERS").write_text("papers: ../whole\n")
    found = read_benchmark(tmp_path / "cold")
    assert (len(found.papers), found.readers[0].user) == (10, "ben")


def test_papers_may_lie_in_several_files(tmp_path: Path) -> None:
    some = papers()
    write(tmp_path, [reader()], some[:4])
    write_lines(tmp_path / "papers-1.jsonl.gz", some[4:])
    assert len(read_benchmark(tmp_path).papers) == 10


@pytest.mark.parametrize(
    ("authors", "names"),
    [(["Ada B.", "Bo"], ("Ada B.", "Bo")), ("Byron, A. and Bo", ("Byron, A.", "Bo")), (None, ())],
)
def test_authors_are_a_list_or_as_in_bibtex(tmp_path: Path, authors: Any, names: Any) -> None:
    found = benchmark(tmp_path, i0={"authors": authors, "abstract": None})
    assert found.papers[0].authors == names
    assert found.papers[0].abstract == ""


def test_readers_with_nothing_to_find_are_not_measured(tmp_path: Path) -> None:
    found = benchmark(tmp_path, reader("idle", relevant=["i0"]), reader())
    assert [one.user for one in found.readers] == ["idle", "anna"]
    assert [one.user for one in found.measured] == ["anna"]


# --- what cannot be used ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["{"], "papers.jsonl.gz line 1: Invalid JSON"),
        ([papers()[0], '{"id": "x"}'], "papers.jsonl.gz line 2: title: Field required"),
        ([{"id": 7, "title": "T"}], "papers.jsonl.gz line 1: id: Input should be a valid string"),
        ([{"id": "a\tb", "title": "T"}], "papers.jsonl.gz line 1: .*one line of text"),
        ([papers()[0], "", papers()[0]], "“i0” appears twice"),
    ],
)
def test_a_bad_paper_is_named(tmp_path: Path, lines: list[object], message: str) -> None:
    write(tmp_path, [reader()], lines)
    with pytest.raises(InputError, match=message):
        read_benchmark(tmp_path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"user": "anna", "liked": []}], "profiles.jsonl.gz line 1: relevant: Field required"),
        ([reader(), reader("ben", liked="i0")], "profiles.jsonl.gz line 2: liked"),
        ([reader(pool_from="2026-03-03")], "pool_from and pool_to belong together"),
        ([reader("")], "the user must be one line of text"),
        ([reader(), reader()], "“anna” appears twice"),
        ([reader(relevant=[])], "no reader in it has relevant papers"),
    ],
)
def test_a_bad_reader_is_named(tmp_path: Path, lines: list[object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_benchmark(write(tmp_path, lines))


def test_a_folder_must_be_one_and_have_both_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        read_benchmark(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"has no papers\*\.jsonl\.gz"):
        read_benchmark(tmp_path)
    write_lines(tmp_path / "papers.jsonl.gz", papers())
    with pytest.raises(InputError, match=r"has no profiles\.jsonl\.gz"):
        read_benchmark(tmp_path)


@pytest.mark.parametrize(
    "data", [b"plain text", gzip.compress(b"x" * 999)[:-9]], ids=["plain", "cut"]
)
def test_a_damaged_file_is_named(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, [reader()])
    (tmp_path / "papers.jsonl.gz").write_bytes(data)
    with pytest.raises(InputError, match=r"papers\.jsonl\.gz: cannot be read as gzip"):
        read_benchmark(tmp_path)


@pytest.mark.parametrize("text", ["", "../whole", "papers: nowhere", "paper: ."])
def test_a_link_that_leads_nowhere_is_named(tmp_path: Path, text: str) -> None:
    (write(tmp_path, [reader()]) / "PAPERS").write_text(text)
    with pytest.raises(InputError, match="PAPERS: must be"):
        read_benchmark(tmp_path)


def test_clearly_relevant_papers_have_the_highest_grade(tmp_path: Path) -> None:
    graded = reader(relevant=["i1", "c1"], grades={"i1": 1, "c1": 2})
    found = benchmark(tmp_path, graded, reader("ben"))
    assert [each.clearly_relevant for each in found.readers] == [{"c1"}, {"i1"}]


# --- variants --------------------------------------------------------------------------------


def test_variants_know_one_thing_and_rank_the_same_pool(tmp_path: Path) -> None:
    found = benchmark(tmp_path, reader(keywords=["ice"], interests="Sea ice", disliked=["c0"]))
    for variant, query in (("keywords", "ice"), ("interests", "Sea ice"), ("seeds", "")):
        (one,) = reduced(found, Variant(variant))
        assert (one.query, one.liked, one.disliked) == (query, (), ())
        assert ids(found, found.split(one).pool) == ALL - {"i0"}
        assert one.held_out == {"i1"}


def test_seeds_are_the_latest_five_of_the_liked(tmp_path: Path) -> None:
    liked = ["i0", "c0", "c1", "c2", "c3", "c4"]
    (one,) = reduced(benchmark(tmp_path, reader(liked=liked)), Variant.SEEDS)
    assert one.seeds == ("c0", "c1", "c2", "c3", "c4")


def test_one_seed_is_the_latest_and_may_have_its_title(tmp_path: Path) -> None:
    found = benchmark(tmp_path, reader(liked=["i0", "c0"], interests="Anything"))
    (seed,) = reduced(found, Variant.SEED)
    (titled,) = reduced(found, Variant.SEED_AND_TITLE)
    assert (seed.seeds, seed.query) == (("c0",), "")
    assert (titled.seeds, titled.query) == (("c0",), "Surface code")


def test_verdicts_are_likes_and_dislikes_and_nothing_typed(tmp_path: Path) -> None:
    told = reader(seeds=["i2"], disliked=["c0"], disliked_hard=["c1"], keywords=["ice"])
    found = benchmark(tmp_path, told, reader("ben", liked=[]))
    (both,) = reduced(found, Variant.VERDICTS)
    (against,) = reduced(found, Variant.DISLIKES)
    assert both.liked == ("i2", "i0")
    assert against.liked == against.seeds == ()
    for one in (both, against):
        assert (one.query, one.disliked, one.disliked_hard) == ("", ("c0",), ("c1",))
        assert ids(found, found.split(one).pool) == ALL - {"i0", "i2"}


def test_readers_who_have_not_told_it_are_left_out(tmp_path: Path) -> None:
    found = benchmark(tmp_path, reader(), reader("ben", keywords=["ice"]))
    assert [one.user for one in reduced(found, Variant.KEYWORDS)] == ["ben"]
