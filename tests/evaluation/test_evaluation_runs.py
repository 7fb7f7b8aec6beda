"""Our model on benchmarks: what it ranks, what it may know, and the field's own scorer agrees."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from evaluation_samples import SHARED, benchmark, papers, reader, write
from needs import needs

from digestmail.domain import THRESHOLDS
from digestmail.evaluation.baselines import Space
from digestmail.evaluation.measures import Diversity, mean_measures
from digestmail.evaluation.read import Benchmark, read_benchmark
from digestmail.evaluation.runs import ModelRun, baseline_measures, embed, run_model
from digestmail.evaluation.variants import Variant, reduced
from digestmail.relevance import Embedder, Features

BENCH = SHARED / "bench"
WINDOW = {"pool_from": "2026-03-03", "pool_to": "2026-03-07"}  # i1, c1, i2, c2


def judged(found: Benchmark) -> ModelRun:
    return run_model(found, lambda _: None)


def names(found: ModelRun, user: str = "anna") -> list[str]:
    return [paper for paper, _ in found.rankings[user]]


@pytest.mark.parametrize(
    ("values", "pool"),
    [
        ({}, {paper["id"] for paper in papers()} - {"i0"}),
        ({"exclude": ["c3", "i3"]}, {"i1", "i2", "i4", "c0", "c1", "c2", "c4"}),
        (WINDOW, {"i1", "i2", "c1", "c2"}),
        ({"pool": ["c1", "i1", "i0"]}, {"c1", "i1"}),
    ],
)
def test_the_pool_is_ranked_and_nothing_else(tmp_path: Path, values: Any, pool: set[str]) -> None:
    found = judged(benchmark(tmp_path, reader(keywords=["ice"]) | values))
    assert set(names(found)) == pool
    assert names(found)[0][0] == "i"


def test_a_mail_of_papers_that_differ_is_less_alike_than_one_of_the_best(tmp_path: Path) -> None:
    words = ["drift", "melt", "flow", "core", "extent", "shelf", "floe", "age", "crack", "edge"]
    twins = [
        {"id": f"t{n}", "title": "Sea ice drift in winter", "abstract": f"Ice {word}. Twin."}
        for n, word in enumerate(words)
    ]
    others = [
        {"id": f"o{n}", "title": f"Ice {word} and {other}", "abstract": f"Of {word} {n}."}
        for n, (word, other) in enumerate(zip(words, words[::-1], strict=True))
    ]
    readers = [reader(liked=["i0"], relevant=["t0"], pool=[p["id"] for p in (*twins, *others)])]
    found = judged(read_benchmark(write(tmp_path, readers, [*papers(), *twins, *others])))
    assert 0 < found.diversified.similarity < found.best.similarity < 1
    assert found.best.ndcg == pytest.approx(mean_measures(found.measures).ndcg)


def test_mails_have_papers_of_the_pool_only(tmp_path: Path) -> None:
    found = judged(benchmark(tmp_path, reader(relevant=["c1"], pool=["i0", "c1"])))
    assert (found.best, found.diversified) == (Diversity(1, 0), Diversity(1, 0))


def test_scores_fall_and_measures_are_of_the_ranking(tmp_path: Path) -> None:
    found = judged(benchmark(tmp_path, reader(interests="ice sheet melt")))
    scores = [score for _, score in found.rankings["anna"]]
    assert scores == sorted(scores, reverse=True)
    assert mean_measures(found.measures).mrr == pytest.approx(1 / (names(found).index("i1") + 1))


def test_a_mail_a_day_is_judged_where_days_are_known(tmp_path: Path) -> None:
    dated = reader(keywords=["ice"], relevant=["i1", "i2"]) | WINDOW
    found = judged(benchmark(tmp_path, dated)).daily
    assert list(found) == [0, *sorted(THRESHOLDS)]
    assert found[0].recall == 1.0  # nobody's day has eleven papers
    papers = [one.papers for one in found.values()]
    assert papers == sorted(papers, reverse=True)
    assert papers[0] > papers[-1]
    assert judged(benchmark(tmp_path, reader(keywords=["ice"]))).daily == {}


def test_an_embedder_reads_all_before_the_ranking(tmp_path: Path) -> None:
    class Told(Embedder):
        def __init__(self) -> None:
            self.kind, self.read = "dense:told", set[str]()

        def papers(self, papers: Any, features: Any, progress: Any = None) -> Any:
            self.read |= {paper.key for paper in papers}
            if progress:
                progress(len(self.read))
            return np.eye(len(papers), 3, dtype=np.float32)

        def texts(self, texts: Any, features: Any = None) -> Any:
            return np.zeros((len(texts), 3), dtype=np.float32)

    told, done = Told(), list[int]()
    found = benchmark(tmp_path, reader() | WINDOW | {"disliked": ["c0"]})
    embed(found, told, Features(), done.append)
    before = set(told.read)
    run_model(found, lambda _: None, told)
    assert told.read == before == {"i0", "c0", "i1", "c1", "i2", "c2"}
    assert done == [6]


def test_readers_of_one_pool_do_not_change_each_other(tmp_path: Path) -> None:
    anna, ben = reader(keywords=["ice"]), reader("ben", liked=["c0"], relevant=["c1"])
    together = judged(benchmark(tmp_path / "both", anna, ben))
    alone = judged(benchmark(tmp_path / "one", anna))
    assert dict(together.rankings["anna"]) == pytest.approx(dict(alone.rankings["anna"]))
    assert names(together, "ben")[0][0] == "c"


def test_what_is_held_out_is_not_known(tmp_path: Path) -> None:
    one = judged(benchmark(tmp_path / "one", reader(relevant=["i1"])))
    other = judged(benchmark(tmp_path / "other", reader(relevant=["c1", "c4"])))
    assert one.rankings == other.rankings


def test_what_comes_after_the_pool_is_not_known(tmp_path: Path) -> None:
    found = benchmark(tmp_path / "one", reader(**WINDOW))
    changed = benchmark(tmp_path / "other", reader(**WINDOW), i4={"abstract": "Ice sheet melt."})
    assert judged(found).rankings == judged(changed).rankings


def test_beside_a_list_no_more_other_papers_are_known_than_it_has(tmp_path: Path) -> None:
    listed = reader(pool=["i1", "c1"])
    one = judged(benchmark(tmp_path / "one", listed))
    changes = {key: {"abstract": "Ice melts."} for key in ("i2", "i3", "c2", "c3")}
    other = judged(benchmark(tmp_path / "other", listed, **changes))
    assert one.rankings == other.rankings  # i0 and c4 stand for the rest, evenly spread


def test_a_reader_without_a_pool_counts_as_not_served(tmp_path: Path) -> None:
    nowhere = reader("ben", pool_from="2030-01-01", pool_to="2030-02-01")
    served = judged(benchmark(tmp_path / "one", reader()))
    both = judged(benchmark(tmp_path / "both", reader(), nowhere))
    assert [one.mrr for one in both.measures] == [served.measures[0].mrr, 0]
    assert "ben" not in both.rankings


def test_seeds_alone_rank_too(tmp_path: Path) -> None:
    found = benchmark(tmp_path, reader(keywords=["surface code"]))
    seeds = reduced(found, Variant.SEEDS)
    (ranked,) = judged(Benchmark(found.papers, found.published, found.new, seeds)).rankings.values()
    assert ranked[0][0][0] == "i"


# --- real benchmarks -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cisi() -> Benchmark:
    needs((BENCH / "cisi").is_dir(), "the shared benchmarks are not here")
    return read_benchmark(BENCH / "cisi")


def scored(*runs: Path) -> dict[str, tuple[float, ...]]:
    """What the benchmarks' own scorer says of runs on cisi."""
    command = [sys.executable, *map(str, (BENCH / "score_run.py", BENCH / "cisi", *runs))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in printed.splitlines()[1:]]
    return {row[0]: tuple(map(float, row[1:5])) for row in rows}


def test_our_measures_are_those_of_the_benchmarks_own_scorer(
    cisi: Benchmark, tmp_path: Path
) -> None:
    found = judged(cisi)
    lines = [f"{u}\t{p}\t{s:.6f}\n" for u, some in found.rankings.items() for p, s in some]
    (tmp_path / "ours.tsv").write_text("".join(lines))
    assert scored(tmp_path / "ours.tsv")["ours"] == pytest.approx(
        mean_measures(found.measures)[:4], abs=1e-4
    )


@pytest.mark.slow
def test_baselines_are_those_of_the_benchmarks(cisi: Benchmark, tmp_path: Path) -> None:
    named = {"topics": "bm25", "rocchio": "rocchio", "sanity": "sanity", "zotero": "zotero"}
    command = [sys.executable, *map(str, (BENCH / "peers.py", BENCH / "cisi", tmp_path, *named))]
    subprocess.run(command, check=True)
    space = Space(cisi)
    for peer, measures in scored(*sorted(tmp_path.glob("*.tsv"))).items():
        found = baseline_measures(named[peer], space, lambda _: None)
        assert found is not None
        assert mean_measures(found)[:4] == pytest.approx(measures, abs=1e-3), peer
