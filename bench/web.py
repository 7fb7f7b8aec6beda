"""How long the public pages take on the server with 100,000 papers, and what the search costs."""

import argparse
import asyncio
import logging
import random
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path

import httpx
import numpy as np
import psutil
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from bench.common import Stopwatch, peak_mib, read, spliced, watched
from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.config import MailSettings, Settings
from digestmail.domain import Paper
from digestmail.relevance.features.arrays import unit
from digestmail.relevance.features.embeddings import packed
from digestmail.relevance.features.terms import stamped
from digestmail.resources import MIGRATIONS, SAMPLE_PAPERS
from digestmail.store.migrate import migrate
from digestmail.web.application import make_web
from digestmail.web.shared.rate_limits import TokenBuckets

_BATCH = 1_000
_CATEGORIES = ["cs.LG", "cs.CL", "cs.CV", "stat.ML", "math.OC", "q-bio.BM", "hep-th", "quant-ph"]
_NAMES = ["Ada Marsh", "Bo Lindqvist", "C. Okafor", "Dana Reyes", "E. F. Novak", "Gil Tanaka"]


def main() -> None:
    """Fill a database, serve it in this process, and print a table."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(options.keep or folder))
        if not app.store.catalogue.newest():
            _fill(app, read(options.papers), options.count, options.days)
        logging.getLogger("httpx").setLevel(logging.WARNING)
        asyncio.run(_measure(app, options.rounds))
        app.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=60, help="that the papers came in")
    parser.add_argument("--rounds", type=int, default=300, help="requests of each page")
    parser.add_argument("--keep", type=Path, help="a folder for the database, used again")
    return parser.parse_args()


def _app(folder: Path) -> App:
    settings = Settings(
        public_url="http://bench.test",
        secret_key=SecretStr("a secret of the bench, 32 letters"),
        mail=MailSettings(from_address="post@bench.test", outbox="outbox"),
        folder=folder,
    )
    app = App(settings)
    migrate(app.store.database, MIGRATIONS, utc_now())
    return app


def _fill(app: App, known: Sequence[Paper], count: int, days: int) -> None:
    """Papers spread evenly over the last days, with terms and vectors, as digests leave them."""
    rng = random.Random(1)
    now = utc_now()
    for start in watched(range(0, count, _BATCH), "filling"):
        papers = [
            _bench_paper(p, n + start, rng) for n, p in enumerate(spliced(list(known), _BATCH, rng))
        ]
        seen = now - timedelta(days=days) * (1 - start / count)
        app.store.papers.add(papers, seen)
    _embed(app)
    timer = Stopwatch()
    app.search_service.follow()
    print(f"built without kept terms: {timer.wall:.1f} s")
    del app.__dict__["search_service"]


def _embed(app: App) -> None:
    """Store random vectors: they are compared as fast as those of a model, and made in no time."""
    if app.embeddings.embedder is None:
        return
    rng = np.random.default_rng(1)
    newest = 0
    while papers := app.store.catalogue.after(newest, _BATCH):
        vectors = unit(rng.normal(size=(len(papers), app.embeddings.embedder.size)))
        data = {p.stored_id: stamped(p, packed(v)) for p, v in zip(papers, vectors, strict=True)}
        app.store.papers.keep_features(app.embeddings.embedder.kind, data)
        newest = papers[-1].stored_id


def _bench_paper(paper: Paper, number: int, rng: random.Random) -> Paper:
    return replace(
        paper,
        key=f"bench:{number}",
        title=f"{paper.title} {number}",
        authors=(*rng.sample(_NAMES, 3), f"Author {number % 5000} Writer"),
        categories=tuple(rng.sample(_CATEGORIES, 2)),
        url=f"https://example.org/{number}",
        upvotes=rng.choice([0, 0, 0, 1, 5, 40]),
    )


async def _measure(app: App, rounds: int) -> None:
    process = psutil.Process()
    before = process.memory_info().rss / 2**20
    timer = Stopwatch()
    papers = app.search_service.follow()
    after = process.memory_info().rss / 2**20
    print(f"index of {papers:,} papers: {timer.wall:.1f} s, {timer.cpu:.1f} s of CPU,")
    print(f"  {app.search_service.bytes / 2**20:.0f} MiB; process {before:.0f} -> {after:.0f} MiB")
    web = make_web(app)
    object.__setattr__(web.state.public_cache, "buckets", TokenBuckets(burst=10**9))
    transport = httpx.ASGITransport(web)
    table = Table("page", "p50 ms", "p95 ms", "p99 ms", "p95 of CPU")
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
        for name, paths in _pages(app, rounds).items():
            wall, cpu = await _times(client, list(islice(cycle(paths), rounds)))
            figures = [*(_percentile(wall, p) for p in (50, 95, 99)), _percentile(cpu, 95)]
            table.add_row(name, *(f"{figure:.1f}" for figure in figures))
    Console().print(table)
    print(f"memory at the peak: {peak_mib():.0f} MiB")


def _pages(app: App, rounds: int) -> dict[str, list[str]]:
    newest = app.store.catalogue.newest()
    rng = random.Random(2)
    sampled = app.store.papers.by_ids(rng.sample(range(1, newest + 1), rounds))
    titles = [paper.title.split() for paper in sampled.values()]
    words = [" ".join(rng.sample(title[:-1], min(2, len(title) - 1))) for title in titles]
    phrases = [f'"{" ".join(title[:2])}"' for title in titles]
    long_titles = [" ".join(title) for title in titles]
    sentences = [f"I work on {' '.join(rng.sample(title, len(title)))}" for title in titles]
    trending = [
        f"/?span={span}&order={order}&category={category}&page={page}"
        for span in ("today", "week", "month")
        for order in ("", "newest")
        for category in ("", "cs.LG")
        for page in (1, 7)
    ]
    return {
        "/": trending,
        "/papers?q= words": [str(httpx.URL("/papers", params={"q": q})) for q in words],
        "/papers?q= phrase": [str(httpx.URL("/papers", params={"q": q})) for q in phrases],
        "/papers?q= title": [str(httpx.URL("/papers", params={"q": q})) for q in long_titles],
        "/papers?q= sentence": [str(httpx.URL("/papers", params={"q": q})) for q in sentences],
        "/papers?q= author": ["/papers?q=Bo+Lindqvist", "/papers?q=Writer", "/papers?q=e+novak"],
        "/papers?category=": ["/papers?category=cs.LG", "/papers?category=cs&since=week"],
        "/papers.atom?q=": [str(httpx.URL("/papers.atom", params={"q": q})) for q in words],
        "/papers/KEY": [f"/papers/{paper.key}" for paper in sampled.values()],
    }


async def _times(
    client: httpx.AsyncClient, paths: Sequence[str]
) -> tuple[list[float], list[float]]:
    """Milliseconds of each request, one after another: on the wall, and of CPU."""
    await client.get(paths[0])
    wall, cpu = [], []
    for path in watched(paths, paths[0][:20], len(paths)):
        timer = Stopwatch()
        answer = await client.get(path)
        wall.append(timer.wall * 1000)
        cpu.append(timer.cpu * 1000)
        assert answer.status_code in (200, 302), (path, answer.status_code)
    return wall, cpu


def _percentile(times: Sequence[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main()
