"""An App whose pages a real server serves, for a real browser, with something of everything."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from patience import A_PAGE, until
from playwright.sync_api import Browser, Page
from web_apps import Watch, mails_of, open_app, path_of, store_digest

from digestmail.app import App
from digestmail.domain import Feedback, Paper, Profile, Schedule, Subscriber, Verdict
from digestmail.web.application import make_web
from digestmail.web.shared.form_token import form_tokens

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 812}
PERSON = "Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})"


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
    context = browser.new_context(base_url=app.settings.public_url, **options)
    context.set_default_timeout(A_PAGE)
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def awaited_mail(app: App, number: int = 1) -> EmailMessage:
    """The newest mail, once so many are written: the pages send them in the background."""
    until(lambda: len(mails_of(app)) >= number)
    return mails_of(app)[-1]


def person(page: Page, *scripts: str) -> Page:
    """A page that scripts take for a person's: Playwright's Chromium says a program drives it."""
    for script in (PERSON, *scripts):
        page.add_init_script(script)
    return page


# --- all pages -------------------------------------------------------------------------------

READER_OF_ALL = f"{'very-long-' * 6}@example.org"
_PAPERS = (
    Paper(key="arxiv:2511.00001", title="Pneumono" * 30, upvotes=120, categories=("cs.CL",)),
    Paper(
        key="doi:10.1000/x.1",
        title="Sparse autoencoders <b>of</b> proteins & $E_{ij}^{2}$",
        abstract="We train a sparse autoencoder on proteins. " * 12,
        authors=("Lise Meitner", "Otto Hahn"),
        categories=("q-bio.BM", "cs.LG"),
        url="https://example.org/x",
        doi="10.1000/x.1",
    ),
)
_numbers = count(1)
_LONG = Profile(name="W" * 60, keywords=("Donaudampfschifffahrtsgesellschaft" * 2,))


def furnished(app: App) -> list[str]:
    """The paths of all pages, those of a reader with long words everywhere among them."""
    reader = _reader(app)
    links, now = app.links, app.clock()
    (digest,) = app.store.digests.of_subscriber(reader.stored_id, limit=1)
    own, number = _own(app, reader), digest.stored_id
    waiting = app.store.subscribers.by_email("b@example.org").stored_id
    public = ["/", "/?span=week&order=newest", "/papers", "/papers?q=sparse+autoencoder"]
    public += ["/papers?q=nothing+of+this", "/papers/doi:10.1000/x.1", "/papers/arxiv:1"]
    public += ["/?span=month&category=cs.CL", "/subscribe/trending?categories=cs.CL"]
    public += ["/subscribe", "/subscribe?authors=Lise+Meitner", "/embed", "/preferences", "/help"]
    mine = ["", "/saved?done=remove&paper=1", "/digests", "/feedback?done=undo&paper=1"]
    mine += ["/data", "/erase", "/submitted"]
    mailed = [links.unsubscribe(reader.stored_id), links.confirm(waiting, 0, now)]
    mailed += [links.feedback(number, 1, Verdict.MORE), links.save(number, 2), links.digest(number)]
    mailed += [links.save(number, 2).replace("/save/", "/why/"), links.never(waiting)]
    mailed += [links.options(number, 1), links.options(number, 2)]
    mailed.append(links.confirm(waiting, 9, now))  # used up
    return [*public, *(own + page for page in mine), *map(path_of, mailed)]


def corners(app: App) -> list[str]:
    """The paths of pages that few people see: of who left or paused, aged links, no page."""
    now = app.clock()
    gone, away = _newcomer(app, active=True), _newcomer(app, active=True)
    app.subscriptions.leave(gone)
    app.subscriptions.pause(away, None)
    back = _newcomer(app, active=True)
    app.subscriptions.leave(back)
    returns = app.links.way_back(back.stored_id, 0, now)
    app.subscriptions.take_way_back(returns.rpartition("/")[2], now)
    left = [app.links.unsubscribe(gone.stored_id), app.links.way_back(gone.stored_id, 0, now)]
    left += [app.links.unsubscribe(back.stored_id), returns]
    old = app.links.preferences(_reader(app).stored_id, now - timedelta(hours=2))
    aged = app.links.preferences(_reader(app).stored_id, now - timedelta(days=50))
    lost = [path_of(old) + "/data", path_of(aged), "/nowhere", "/feedback/x/1/more"]
    own = [
        _own(app, gone),
        _own(app, away),
        _own(app, gone) + "/data",
        _own(app, gone) + "/welcome",
    ]
    return [*own, *map(path_of, left), *lost]


def posted(app: App) -> list[tuple[str, dict[str, str]]]:
    """Forms, each with the path that it is sent to, whose answers are pages of their own."""
    reader, links, now = _reader(app), app.links, app.clock()
    (digest,) = app.store.digests.of_subscriber(reader.stored_id, limit=1)
    profile, own = f"/profiles/{reader.profiles[0].id}", _own(app, reader)
    tap = path_of(links.feedback(digest.stored_id, 1, Verdict.MORE)).removesuffix("/more")
    save = path_of(links.save(digest.stored_id, 1))
    options = path_of(links.options(digest.stored_id, 2))
    token = {"form_token": form_tokens(app.settings).issue(now - timedelta(seconds=20))}
    filled = token | {"email": "new@example.org", "keywords": "autoencoder", "weekdays": "1"}
    never, waits = _newcomer(app, active=False), _newcomer(app, active=False)
    gone = [_newcomer(app, active=True) for _ in range(2)]
    return [
        ("/subscribe", {"email": "ada@nowhere", "keywords": "x" * 99}),
        ("/subscribe", filled | {"form_token": ""}),
        ("/subscribe", filled),
        ("/subscribe/trending", token | {"email": "ada@gmial.com"}),
        ("/subscribe/trending", token | {"email": "trend@example.org", "weekdays": "1"}),
        ("/subscribe/preview", filled | {"seed_papers": "10.1000/x.1"}),
        ("/subscribe/preview", token | {"keywords": "autoencoder", "trending": "3"}),
        ("/preferences", {"email": "?"}),
        ("/preferences", filled),
        (f"{own}{profile}", {"name": "", "keywords": "", "authors": "", "seed_papers": "?"}),
        (f"{own}{profile}/preview", {"keywords": "autoencoder", "seed_papers": "10.1000/x.1"}),
        (f"{own}/preview", {"name": "", "keywords": "zeppelin"}),
        (f"{own}/pause", {"until": "date", "date": "yesterday"}),
        *((f"{tap}/{done}", {}) for done in ("more", "undo", "less")),
        (save, {}),
        (f"{save}/undo", {}),
        (f"{options}/mute-topic", {"value": "a, b"}),
        (f"{options}/mute-topic", {"value": "W" * 60}),
        (path_of(links.never(never.stored_id)), {}),
        (path_of(links.confirm(waits.stored_id, 0, now)), {}),
        (path_of(links.unsubscribe(gone[0].stored_id)), {}),
        (f"{_own(app, gone[1])}/erase", {}),
    ]


def send(page: Page, path: str, fields: dict[str, str]) -> None:
    """Send a form as a button of a page does, and wait for the answer."""
    page.goto("/help")
    with page.expect_navigation():
        page.evaluate(_SEND, [path, fields])


_SEND = """([path, fields]) => {
  const form = document.createElement("form");
  Object.assign(form, {method: "post", action: path});
  for (const [name, value] of Object.entries(fields)) {
    const field = Object.assign(document.createElement("textarea"), {name, value});
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""


def _own(app: App, reader: Subscriber) -> str:
    return path_of(app.links.preferences(reader.stored_id, app.clock()))


def _newcomer(app: App, *, active: bool) -> Subscriber:
    """Somebody new, confirmed or not."""
    address = f"n{next(_numbers)}@example.org"
    return app.subscriptions.add(address, [_LONG], Schedule(), app.clock(), active=active)


def _reader(app: App) -> Subscriber:
    """A reader with long words everywhere, a digest, verdicts and saved papers; one who waits."""
    if known := app.store.subscribers.find(READER_OF_ALL):
        return known
    now = app.clock()
    other = Profile(name="Other", interests="protein design with language models")
    reader = app.subscriptions.add(READER_OF_ALL, [_LONG, other], Schedule(), now, active=True)
    app.subscriptions.add("b@example.org", [_LONG], Schedule(), now, active=False)
    for item in store_digest(app, reader, *_PAPERS, note="N" * 400).items:
        paper_id, reader_id = item.paper.stored_id, reader.stored_id
        app.store.saved.add(reader_id, paper_id, now)
        app.store.feedback.give(Feedback(reader_id, item.profile_id, paper_id, Verdict.MORE, now))
    app.previews.ready()
    return reader
