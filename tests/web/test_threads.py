"""Many visitors at once, while a digest is prepared: each gets what they would get alone."""

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import httpx
from fastapi import FastAPI
from patience import LONG
from web_apps import HOME, Watch, open_app, path_of

from digestmail.app import App
from digestmail.domain import Paper, Profile, Schedule
from digestmail.steps.subscribers.seed_papers import packed
from digestmail.web.application import make_web
from digestmail.web.shared.form_token import form_tokens

THREADS = 8
ROUNDS = 4
WORDS = ("neural", "protein", "folding", "transformer", "attention", "model", "graph", "field")


def service(folder: Path) -> App:
    """A service with a week of papers and readers whose digests are due."""
    clock = Watch()
    folder.mkdir()
    app = open_app(folder, clock)
    pairs = [(one, other) for one in WORDS for other in WORDS]
    papers = [
        Paper(key=f"test:{one}-{other}", title=f"On {one} and {other}", abstract=f"A {one} {other}")
        for one, other in pairs
    ]
    app.store.papers.add(papers, clock())
    for number, word in enumerate(WORDS):
        profile = Profile(keywords=(word,), threshold=0.1)
        reader = Schedule(hour=6, timezone="UTC")
        app.subscriptions.add(
            f"reader{number}@example.org", [profile], reader, clock(), active=True
        )
    clock.move(hours=1, minutes=1)
    app.previews.ready()
    app.search_service.follow()
    return app


def visit(web: FastAPI, method: str, path: str, form: dict[str, str] | None = None) -> str:
    """A page as a visitor with a thread and an event loop of their own gets it."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(web)
        async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
            headers = {"X-Fragment": "1"}
            return await client.request(method, path, data=form, headers=headers, timeout=LONG)

    answer = asyncio.run(ask())
    assert answer.status_code == 200, f"{method} {path}"
    return re.sub(r'name="(form_token|carried)"[^>]*', "", answer.text)


def example(random: Random, visitor: int, number: int) -> Paper:
    """A paper that nobody but one visitor's file tells of."""
    title = f"visitor {visitor} paper {number} " + " ".join(random.choices(WORDS, k=4))
    abstract = " ".join(f"w{visitor}x{random.randrange(9999)}" for _ in range(60))
    return Paper(
        key=f"library:v{visitor}-{number}", source="library", title=title, abstract=abstract
    )


def preview_form(app: App, visitor: int) -> dict[str, str]:
    random = Random(visitor)
    examples = [example(random, visitor, number) for number in range(30)]
    return {
        "form_token": form_tokens(app.settings).issue(app.clock()),
        "keywords": random.choice(WORDS),
        "carried": packed(examples),
        "seed_papers": "\n".join(paper.title for paper in examples),
    }


def pages_of(web: FastAPI, app: App, visitor: int) -> list[Callable[[], str]]:
    """What one visitor asks for: previews, a search, papers, and the digest that would be next."""
    reader = app.store.subscribers.all()[visitor % THREADS]
    own = path_of(app.links.preferences(reader.stored_id, app.clock()))
    word = WORDS[visitor % len(WORDS)]
    form = preview_form(app, visitor)
    return [
        lambda: visit(web, "POST", "/subscribe/preview", form),
        lambda: visit(web, "GET", f"/papers?q={word}"),
        lambda: visit(web, "POST", f"{own}/preview", {"keywords": word, "name": "Mine"}),
        lambda: visit(web, "GET", "/papers/test:neural-protein"),
        lambda: str(list(app.threshold_previews.of(reader, {0.1, 0.3}).values())),
    ]


def test_visitors_at_once_get_what_each_gets_alone(tmp_path: Path) -> None:
    quiet, busy = service(tmp_path / "quiet"), service(tmp_path / "busy")
    visitors = range(THREADS * ROUNDS)  # each with examples of their own: all are new to the model
    web = make_web(quiet)
    alone = {at: [page() for page in pages_of(web, quiet, at)] for at in visitors}
    web = make_web(busy)
    asked = {at: pages_of(web, busy, at) for at in visitors}
    together = threading.Barrier(THREADS + 1, timeout=LONG)

    def hammer(thread: int) -> dict[int, list[str]]:
        together.wait()
        return {at: [page() for page in asked[at]] for at in visitors[thread::THREADS]}

    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(hammer, thread) for thread in range(THREADS)]
        together.wait()
        prepared = busy.prepare()
        answers = {at: pages for one in running for at, pages in one.result().items()}
    assert answers == alone
    assert prepared.digests == len(WORDS)
    for app in (quiet, busy):
        app.close()
