"""An App whose pages a real server serves, for a real browser, with something of everything."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page
from web_apps import Watch, open_app, path_of, store_digest

from digestmail.app import App
from digestmail.domain import Feedback, Paper, Profile, Schedule, Verdict
from digestmail.web import make_web

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 812}


@contextmanager
def open_served(folder: Path, **web: Any) -> Iterator[App]:
    """An App whose pages are served at its ``public_url``; ``web`` are settings of that section."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        home = f"http://127.0.0.1:{listener.getsockname()[1]}"
        opened = open_app(folder, Watch(), home=home, **web)
        options = uvicorn.Config(make_web(opened), log_level="warning", access_log=False)
        server = uvicorn.Server(options)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield opened
        finally:
            server.should_exit = True
            thread.join()
            opened.close()


def visit(browser: Browser, app: App, complaints: list[str], **options: Any) -> Page:
    """A page of a new visitor in Rome; what the browser complains about is collected."""
    options = {"timezone_id": "Europe/Rome", "viewport": WIDE} | options
    page = browser.new_context(base_url=app.settings.public_url, **options).new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def furnished(app: App) -> list[str]:
    """The paths of all pages, of a subscriber with long words everywhere."""
    known = app.store.subscribers.find("b@example.org")
    if known is None:
        _furnish(app)
    return _paths(app)


def _furnish(app: App) -> None:
    """A reader with long words everywhere, a digest, a verdict and a saved paper; one who waits."""
    now = app.clock()
    long = Profile(name="W" * 60, keywords=("Donaudampfschifffahrtsgesellschaft" * 2,))
    other = Profile(name="Other", interests="protein design with language models")
    reader = app.desk.add(READER_OF_ALL, [long, other], Schedule(), now, active=True)
    app.desk.add("b@example.org", [long], Schedule(), now, active=False)
    papers = [
        Paper(key="arxiv:2511.00001", title="Pneumono" * 30, upvotes=120, categories=("cs.CL",)),
        Paper(
            key="doi:10.1000/x.1",
            title="Sparse autoencoders <b>of</b> proteins & $E_{ij}^{2}$",
            abstract="We train a sparse autoencoder on proteins. " * 12,
            authors=("Lise Meitner", "Otto Hahn"),
            categories=("q-bio.BM", "cs.LG"),
            url="https://example.org/x",
            doi="10.1000/x.1",
            announced_on=now.date(),
        ),
    ]
    digest = store_digest(app, reader, *papers, note="N" * 400)
    for item in digest.items:
        paper_id, reader_id = item.paper.id or 0, reader.id or 0
        app.store.saved.add(reader_id, paper_id, now)
        app.store.subscribers.give_feedback(
            Feedback(reader_id, item.profile_id, paper_id, Verdict.MORE, now)
        )


READER_OF_ALL = f"{'very-long-' * 6}@example.org"


def _paths(app: App) -> list[str]:
    links, now = app.links, app.clock()
    reader = app.store.subscribers.by_email(READER_OF_ALL)
    waiting = app.store.subscribers.by_email("b@example.org")
    (digest,) = app.store.digests.of_subscriber(reader.id or 0, limit=1)
    own, number = path_of(links.preferences(reader.id or 0, now)), digest.id or 0
    public = ["/", "/?span=week&order=newest", "/papers", "/papers?q=sparse+autoencoder"]
    public += ["/papers?q=nothing+of+this", "/papers/doi:10.1000/x.1", "/papers/arxiv:1"]
    public += ["/subscribe", "/subscribe?authors=Lise+Meitner", "/embed", "/preferences", "/help"]
    mine = ["", "/saved?done=remove&paper=1", "/digests", "/feedback?done=undo&paper=1"]
    mine += ["/data", "/erase"]
    mailed = [links.unsubscribe(reader.id or 0), links.confirm(waiting.id or 0, 0, now)]
    mailed += [links.feedback(number, 1, Verdict.MORE), links.save(number, 2), links.digest(number)]
    mailed.append(links.confirm(waiting.id or 0, 9, now))  # used up
    return [*public, *(own + page for page in mine), *map(path_of, mailed)]
