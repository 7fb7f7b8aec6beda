"""One row for one key, first seen once, versions only up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

from steps_world import DAY, HOUR, NOW, arrive, at_once, paper

from digestmail.domain import Paper
from digestmail.store import Added, Store
from digestmail.store.tables import PAPER


def _only(store: Store) -> Paper:
    (found,) = store.papers.seen_after(NOW - 400 * DAY)
    return found


def test_what_is_stored_comes_back(store: Store) -> None:
    given = paper(
        1,
        title="Größe – 中文 🧪",
        abstract="x" * 20_000,
        authors=("Ada Lovelace", "王伟"),
        categories=("cs.LG", "stat.ML"),
        url="https://arxiv.org/abs/2611.00001",
        doi="10.1000/x",
        version=3,
        published_at=datetime(2026, 11, 19, 23, 59, 59, 999_999, tzinfo=UTC),
        updated_at=NOW,
        announced_on=date(2026, 11, 20),
    )
    assert store.papers.add([given], NOW) == Added(new=1)
    found = _only(store)
    assert found == Paper(
        **{**{f: getattr(given, f) for f in given.__slots__}, "id": found.id, "first_seen_at": NOW}
    )
    assert found.first_seen_at is not None
    assert found.first_seen_at.tzinfo is UTC


def test_a_second_run_adds_nothing(store: Store) -> None:
    batch = [paper(n) for n in range(30)]
    assert store.papers.add(batch, NOW) == Added(new=30)
    before = store.papers.seen_after(NOW - DAY)
    assert store.papers.add(batch, NOW + HOUR) == Added(known=30)
    assert store.papers.seen_after(NOW - DAY) == before


def test_an_empty_batch_is_no_trouble(store: Store) -> None:
    assert store.papers.add([], NOW) == Added()


def test_the_same_key_twice_in_a_batch_is_one_paper(store: Store) -> None:
    assert store.papers.add([paper(1), paper(1)], NOW) == Added(new=1, known=1)


def test_versions_only_go_up(store: Store) -> None:
    store.papers.add([paper(1, version=2, title="Second")], NOW)
    assert store.papers.add([paper(1, version=1, title="First")], NOW + HOUR) == Added(known=1)
    assert store.papers.add([paper(1, version=3, title="Third")], NOW + HOUR) == Added(updated=1)
    assert (_only(store).version, _only(store).title) == (3, "Third")


def test_the_best_of_a_batch_counts_whatever_the_order(store: Store) -> None:
    store.papers.add([paper(1, version=v, title=f"v{v}") for v in (2, 3, 1)], NOW)
    assert _only(store).title == "v3"


def test_first_sight_never_changes(store: Store) -> None:
    store.papers.add([paper(1)], NOW)
    store.papers.add([paper(1, version=2, categories=("cs.AI",))], NOW + DAY)
    assert _only(store).first_seen_at == NOW
    assert store.papers.seen_after(NOW) == []


def test_a_newer_record_keeps_what_it_lacks(store: Store) -> None:
    store.papers.add([paper(1, abstract="long", doi="10.1/x", authors=("A B",))], NOW)
    store.papers.add([paper(1, version=2)], NOW)
    found = _only(store)
    assert (found.abstract, found.doi, found.authors) == ("long", "10.1/x", ("A B",))


def test_what_other_sources_bring_is_added_and_stays(store: Store) -> None:
    arxiv = {"source": "arxiv", "abstract": "long", "pdf_url": "https://arxiv.org/pdf/1"}
    brought = {
        "summary": "Short.",
        "summary_source": "Hugging Face",
        "code_url": "https://github.com/lab/x",
        "project_url": "https://x.example",
    }
    store.papers.add([paper(1, **arxiv)], NOW)
    assert store.papers.add([paper(1, **brought)], NOW) == Added(updated=1)
    assert store.papers.add([paper(1, **brought)], NOW) == Added(known=1)
    store.papers.add([paper(1, version=2, abstract="longer")], NOW)
    found = _only(store)
    assert found.abstract == "longer"
    assert {name: getattr(found, name) for name in brought} == brought
    assert found.pdf_url == "https://arxiv.org/pdf/1"


def test_a_summary_keeps_the_name_of_its_source(store: Store) -> None:
    first = {"summary": "First.", "summary_source": "Hugging Face"}
    second = {"summary": "Second.", "summary_source": "Semantic Scholar"}
    store.papers.add([paper(1, **first), paper(1, **second)], NOW)
    store.papers.add([paper(1, **second, version=2)], NOW)
    assert (_only(store).summary, _only(store).summary_source) == ("Second.", "Semantic Scholar")
    store.papers.add([paper(1, **first)], NOW)
    assert (_only(store).summary, _only(store).summary_source) == ("Second.", "Semantic Scholar")


def test_the_categories_of_cross_lists_gather(store: Store) -> None:
    store.papers.add([paper(1, categories=("cs.LG",))], NOW)
    assert store.papers.add([paper(1, categories=("cs.AI", "cs.LG"))], NOW) == Added(updated=1)
    assert _only(store).categories == ("cs.LG", "cs.AI")


def test_they_gather_within_one_batch_too(store: Store) -> None:
    both = [paper(1, categories=("cs.LG",)), paper(1, categories=("cs.AI",))]
    assert store.papers.add(both, NOW) == Added(new=1, known=1)
    assert _only(store).categories == ("cs.LG", "cs.AI")
    assert store.papers.add(both, NOW) == Added(known=2)


def test_the_first_source_keeps_a_paper(store: Store) -> None:
    store.papers.add([paper(1, source="a")], NOW)
    store.papers.add([paper(1, source="b", version=2), paper(2, source="b")], NOW)
    assert store.papers.count_by_source() == {"a": 1, "b": 1}


def test_seen_after_is_strict_and_in_order(store: Store) -> None:
    arrive(store, 3, at=NOW)
    arrive(store, 2, at=NOW - HOUR)
    arrive(store, 1, at=NOW - 2 * HOUR)
    keys = [p.key for p in store.papers.seen_after(NOW - 2 * HOUR)]
    assert keys == [paper(2).key, paper(3).key]


def test_more_keys_than_a_statement_may_bind(store: Store) -> None:
    wanted = {f"arxiv:2611.{n:05d}" for n in range(40_000)}
    arrive(store, 7, 39_999)
    assert set(store.papers.by_keys(wanted)) == {paper(7).key, paper(39_999).key}
    assert len(store.papers.by_ids(range(40_000))) == 2


def test_two_threads_add_the_same_batch_at_once(store: Store) -> None:
    batch = [paper(n) for n in range(200)]
    added = at_once(
        lambda: store.papers.add(batch, NOW), lambda: store.papers.add(batch[::-1], NOW)
    )
    assert sum(a.new for a in added) == 200
    assert sum(a.known for a in added) == 200
    assert len(store.papers.seen_after(NOW - DAY)) == 200


def test_a_slower_process_never_brings_an_older_version_back(store: Store) -> None:
    store.papers.add([paper(1, version=1)], NOW)
    with ThreadPoolExecutor(1) as pool, store.database.writing() as session:
        session.execute(PAPER.update().values(version=3, title="Third"))
        late = pool.submit(store.papers.add, [paper(1, version=2, title="Second")], NOW)
        # The thread now waits for our transaction, having seen version 1 or nothing yet.
        try:
            late.result(timeout=0.3)
        except TimeoutError:
            session.commit()
    assert late.result() == Added(known=1)
    assert (_only(store).version, _only(store).title) == (3, "Third")


def test_the_last_features_are_kept(store: Store) -> None:
    first, second = arrive(store, 1, 2)
    ids = [first.stored_id, second.stored_id]
    store.papers.keep_features("terms", {ids[0]: b"one", ids[1]: b"two"})
    store.papers.keep_features("terms", {ids[0]: b"newer"})
    assert store.papers.features("terms", ids) == {ids[0]: b"newer", ids[1]: b"two"}
    assert store.papers.features("dense", ids) == {}


def test_the_papers_before_a_moment_come_newest_first(store: Store) -> None:
    for hours, number in ((3, 1), (2, 2), (1, 3)):
        arrive(store, number, at=NOW - hours * HOUR)
    found = store.papers.before(NOW - 2 * HOUR, 5)
    assert [paper.key[-1] for paper in found] == ["2", "1"]
    assert len(store.papers.before(NOW, 2)) == 2


def test_a_later_version_still_gathers_upvotes(store: Store) -> None:
    arrive(store, 1, version=2, abstract="As its authors wrote it.")
    arrive(store, 1, upvotes=90, abstract="As another told it.", categories=("cs.AI",))
    found = store.papers.by_keys([paper(1).key])[paper(1).key]
    assert (found.upvotes, found.version, found.categories) == (90, 2, ("cs.AI",))
    assert found.abstract == "As its authors wrote it."


def test_what_was_only_a_seed_is_news_once_it_is_announced(store: Store) -> None:
    arrive(store, 1, at=NOW - 2 * DAY, source="seeds")
    arrive(store, 2, at=NOW - 400 * DAY, source="seeds")
    arrive(store, 1, 2, at=NOW, source="arxiv")
    (news,) = store.papers.seen_after(NOW - HOUR)
    assert (news.key, news.source) == (paper(1).key, "arxiv")


def test_news_come_in_the_order_of_their_commits_whatever_the_clock_said(store: Store) -> None:
    (first,) = arrive(store, 1, at=NOW - 20 * DAY)
    (second,) = arrive(store, 2, at=NOW + 3 * DAY)  # the clock was days ahead
    (third,) = arrive(store, 3, at=NOW - 9 * DAY)  # then it was days behind
    (fourth,) = arrive(store, 4, at=NOW)
    assert store.papers.news(NOW - 8 * DAY) == [(2, second), (3, third), (4, fourth)]
    assert store.papers.news(NOW - 30 * DAY)[0] == (1, first)
    assert store.papers.news(NOW + 9 * DAY) == []


def test_papers_of_past_days_never_were_news(store: Store) -> None:
    arrive(store, 1, at=NOW)
    store.papers.add([paper(2), paper(3)], NOW - DAY, news=False)
    assert [number for number, _ in store.papers.news(NOW - 2 * DAY)] == [0, 0, 1]
    assert [number for number, _ in store.papers.news(NOW - HOUR)] == [1]


def test_at_once_each_paper_gets_a_number_of_its_own(store: Store) -> None:
    at_once(*[lambda n=n: arrive(store, *range(10 * n, 10 * n + 10), at=NOW) for n in range(4)])
    assert [number for number, _ in store.papers.news(NOW - DAY)] == [*range(1, 41)]
