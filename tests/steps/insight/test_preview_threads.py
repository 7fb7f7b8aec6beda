"""One recent, asked by many visitors at once: nobody's example papers reach another's preview."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random

from patience import LONG
from steps_world import HOUR, NOW, paper

from digestmail.domain import Paper, Profile
from digestmail.relevance import Model
from digestmail.steps.insight.preview import Preview, preview
from digestmail.steps.insight.recent_model import RecentModel

THREADS = 8
VISITORS = 24
TOPICS = ("rivers", "graphs", "sea ice", "proteins", "galaxies", "markets")


def recent() -> RecentModel:
    """The recent of a week with papers on each topic."""
    papers = [
        paper(at, title=f"On {topic} of kind {at}", abstract=topic, first_seen_at=NOW - HOUR)
        for at, topic in enumerate(TOPICS * 6)
    ]
    return RecentModel(papers, Model(papers), NOW, {one.key: at for at, one in enumerate(papers)})


def of_visitor(recent: RecentModel, visitor: int) -> Preview:
    """The preview of a visitor who brings papers that nobody has seen before."""
    random = Random(visitor)
    topic = TOPICS[visitor % len(TOPICS)]
    seeds = [
        Paper(
            key=f"library:{visitor}-{at}",
            source="library",
            title=f"{topic} number {at} of visitor {visitor}",
            abstract=" ".join(f"word{random.randrange(9999)}" for _ in range(150)),
        )
        for at in range(30)
    ]
    return preview(recent, Profile(keywords=("on",), threshold=0.01), seeds)


def test_visitors_at_once_get_what_each_gets_alone() -> None:
    alone, together = recent(), recent()
    start = threading.Barrier(THREADS, timeout=LONG)

    def ask(thread: int) -> dict[int, Preview]:
        start.wait()
        return {at: of_visitor(together, at) for at in range(thread, VISITORS, THREADS)}

    with ThreadPoolExecutor(THREADS) as pool:
        answers = {at: one for part in pool.map(ask, range(THREADS)) for at, one in part.items()}
    assert answers == {at: of_visitor(alone, at) for at in range(VISITORS)}
