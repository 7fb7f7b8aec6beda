"""One tap in a real browser: the page posts by itself where a person looks, and nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from served import PERSON, PHONE, open_served, person, visit
from standards import violations
from web_apps import READER, path_of, store_digest

from digestmail.app import App
from digestmail.domain import Digest, Paper, Profile, Schedule, Verdict

pytestmark = pytest.mark.browser
_HIDDEN = "Object.defineProperty(Document.prototype, 'visibilityState', {get: () => 'hidden'})"
_TIMERS = """
  window.timers = [];
  const start = window.setTimeout;
  window.setTimeout = (what, ...more) => { timers.push(what.name); return start(what, ...more); };
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with open_served(tmp_path) as opened:
        yield opened


@pytest.fixture
def digest(app: App) -> Digest:
    ada = app.subscriptions.add(
        READER, [Profile(keywords=("ice",))], Schedule(), app.clock(), active=True
    )
    papers = [Paper(key=f"test:{at}", title=f"Paper {at}") for at in range(1, 9)]
    return store_digest(app, ada, *papers)


def more(app: App, digest: Digest, position: int = 1) -> str:
    return path_of(app.links.feedback(digest.stored_id, position, Verdict.MORE))


def said(app: App, digest: Digest) -> int:
    return len(app.store.feedback.of([digest.subscriber_id]))


def test_a_tap_of_a_person_counts_at_once(browser: Browser, app: App, digest: Digest) -> None:
    complaints: list[str] = []
    page = person(visit(browser, app, complaints, viewport=PHONE))
    page.goto(more(app, digest))
    expect(page.get_by_role("heading", level=1)).to_have_text("You’ll get more like this")
    assert said(app, digest) == 1
    page.get_by_text("Why did I get this?").click()
    expect(page.get_by_text("Matches sparse autoencoder")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Undone")
    assert said(app, digest) == 0
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_follows_a_tap_is_easy_to_reach(
    browser: Browser, app: App, digest: Digest, scheme: str
) -> None:
    page = visit(browser, app, [], viewport=PHONE, color_scheme=scheme)
    page.goto(path_of(app.links.save(digest.stored_id, 1)).replace("/save/", "/why/"))
    for button in ("Less like this", "Undo", "Save", "Undo"):
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        with page.expect_navigation():  # no check may begin on the page that is being left
            page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Removed from your list")
    page.context.close()


def test_who_goes_back_is_asked(browser: Browser, app: App, digest: Digest) -> None:
    page = person(visit(browser, app, []), _TIMERS)
    page.goto(more(app, digest))
    expect(page.get_by_role("heading", level=1)).to_have_text("You’ll get more like this")
    app.store.feedback.take_back(digest.subscriber_id, digest.items[0].paper.stored_id)
    page.go_back()
    expect(page.get_by_role("button", name="More like this")).to_be_visible()
    page.wait_for_load_state()
    assert page.evaluate("timers") == []
    assert said(app, digest) == 0
    page.context.close()


def test_saving_takes_one_tap(browser: Browser, app: App, digest: Digest) -> None:
    page = person(visit(browser, app, []))
    page.goto(path_of(app.links.save(digest.stored_id, 2)))
    expect(page.get_by_role("heading", level=1)).to_have_text("Saved")
    assert app.store.saved.count(digest.subscriber_id) == 1
    page.context.close()


@pytest.mark.parametrize("scripts", [[], [PERSON, _HIDDEN]], ids=["driven", "out of sight"])
def test_a_page_nobody_looks_at_waits(
    browser: Browser, app: App, digest: Digest, scripts: list[str]
) -> None:
    page = visit(browser, app, [])
    for script in [*scripts, _TIMERS]:
        page.add_init_script(script)
    page.goto(more(app, digest))
    assert page.evaluate("timers") == []
    assert said(app, digest) == 0
    page.get_by_role("button", name="More like this").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You’ll get more like this")
    assert said(app, digest) == 1
    page.context.close()


def test_without_scripts_the_button_does_it(browser: Browser, app: App, digest: Digest) -> None:
    page = visit(browser, app, [], java_script_enabled=False)
    page.goto(more(app, digest))
    page.get_by_role("button", name="More like this").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert said(app, digest) == 1
    page.context.close()


def test_a_scanner_that_passes_for_a_person_is_found_out(
    browser: Browser, app: App, digest: Digest
) -> None:
    first = person(visit(browser, app, []))
    pages = [first, *(person(first.context.new_page()) for _ in range(7))]
    for position, page in enumerate(pages, 1):
        page.goto(more(app, digest, position), wait_until="commit")
    for page in pages:
        undo = page.get_by_role("button", name="Undo")
        expect(page.get_by_role("alert").or_(undo)).to_be_visible()
    assert any(page.get_by_role("alert").is_visible() for page in pages)
    assert said(app, digest) == 0
    first.context.close()
