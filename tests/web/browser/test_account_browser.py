"""One's own pages in a real browser without JavaScript, from a weekly mail to the last goodbye."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from served import PHONE, WIDE, open_served, visit
from web_apps import READER, path_of, store_digest

from digestmail.app import App
from digestmail.domain import Feedback, Paper, Profile, Schedule, Subscriber, Verdict

pytestmark = pytest.mark.browser
LONG = Paper(key="arxiv:2611.00001", title="Pneumono" * 30, abstract="Ultra" * 200)
SHORT = Paper(key="arxiv:2611.00002", title="Sea ice", authors=("Lise Meitner",))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An App whose pages are served at its ``public_url``."""
    with open_served(tmp_path) as opened:
        yield opened


def reader(app: App) -> tuple[Subscriber, str]:
    """A subscriber with a past, and the path of their own page."""
    profiles = [
        Profile(name="Ice", keywords=("ice",)),
        Profile(name="W" * 60, keywords=("x" * 70,)),
    ]
    ada = app.subscriptions.add(READER, profiles, Schedule(), app.clock(), active=True)
    digest = store_digest(app, ada, LONG, SHORT, note="N" * 300)
    for item in digest.items:
        mine, paper = ada.stored_id, item.paper.stored_id
        app.store.saved.add(mine, paper, app.clock())
        given = Feedback(mine, item.profile_id, paper, Verdict.LESS, app.clock())
        app.store.feedback.give(given)
    return ada, path_of(app.links.preferences(ada.stored_id, app.clock()))


def opened(browser: Browser, app: App, path: str, **options: object) -> Page:
    """A page without JavaScript."""
    page = visit(browser, app, [], **{"java_script_enabled": False, **options})
    page.goto(path)
    return page


def make_it_weekly(page: Page) -> None:
    expect(page.get_by_label("On", exact=True)).to_be_hidden()
    page.get_by_label("Once a week").check()
    expect(page.get_by_role("checkbox", name="Mon")).to_be_hidden()
    page.get_by_label("On", exact=True).select_option("Wednesday")
    page.locator("#schedule + form").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Wednesday, 25 November 2026")).to_be_visible()


def pause_until_a_date(page: Page) -> None:
    expect(page.get_by_label("Start again on", exact=True)).to_be_hidden()
    page.get_by_label("Until a date").check()
    page.get_by_label("Start again on", exact=True).fill("2026-12-24")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("starts again on Thursday, 24 December 2026")).to_be_visible()
    page.get_by_role("button", name="Resume now").click()
    expect(page.get_by_role("status")).to_contain_text("Welcome back")


def undo_a_verdict(page: Page) -> None:
    page.get_by_role("link", name="Your feedback").click()
    page.get_by_role("button", name="Change to more like this, Sea ice").click()
    expect(page.get_by_role("status")).to_contain_text("Changed to “more like this”: Sea ice")
    page.get_by_role("button", name="Undo, Sea ice").click()
    expect(page.get_by_role("status")).to_contain_text("Feedback removed")
    expect(page.get_by_role("button", name="Undo, Sea ice")).to_have_count(0)


def save_and_export(page: Page) -> None:
    page.get_by_role("link", name="Reading list").click()
    page.get_by_role("button", name="Remove, Pneumono").click()
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_text("2 papers")).to_be_visible()
    with page.expect_download() as export:
        page.get_by_role("link", name="BibTeX").click()
    assert export.value.suggested_filename == "reading-list.bib"
    assert "@misc{meitner2026-2611.00002," in export.value.path().read_text(encoding="utf-8")


def erase(page: Page) -> None:
    page.get_by_role("link", name="Your data").click()
    with page.expect_download() as data:
        page.get_by_role("link", name="Download my data").click()
    assert READER in data.value.path().read_text(encoding="utf-8")
    page.get_by_role("link", name="Erase my data").click()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your data is erased")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_reader_tunes_keeps_takes_back_and_goes(
    browser: Browser, app: App, size: dict[str, int]
) -> None:
    ada, home = reader(app)
    page = opened(browser, app, home, viewport=size)
    make_it_weekly(page)
    pause_until_a_date(page)
    assert app.store.subscribers.by_email(READER).schedule.is_weekly
    undo_a_verdict(page)
    save_and_export(page)
    erase(page)
    assert app.store.subscribers.get(ada.stored_id) is None
    page.goto(home)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link does not work")
    page.context.close()


def paths(app: App) -> list[str]:
    """All pages of one reader."""
    ada, home = reader(app)
    old = path_of(app.links.preferences(ada.stored_id, app.clock() - timedelta(days=1)))
    (digest,) = app.store.digests.of_subscriber(ada.stored_id)
    own = ["", "/saved?done=remove&paper=1", "/digests", "/feedback?done=undo&paper=1", "/data"]
    shown = [f"{home}{page}" for page in [*own, "/erase"]]
    return [*shown, f"{old}/data", path_of(app.links.digest(digest.stored_id))]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone(browser: Browser, app: App, scheme: str) -> None:
    page = opened(
        browser, app, "/help", viewport=PHONE, color_scheme=scheme, java_script_enabled=True
    )
    for path in paths(app):
        page.goto(path)
        for fold in page.locator("summary").all():
            if fold.is_visible():
                fold.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, path
        assert page.locator("h1").count() == 1, path
    page.context.close()


def test_everything_to_press_is_large_enough(browser: Browser, app: App) -> None:
    page = opened(browser, app, "/help", viewport=PHONE)
    for path in paths(app):
        page.goto(path)
        for pressed in page.locator(
            "main button:not(.trap), nav.own a, .acts a, .exports a, label.tick"
        ).all():
            box = pressed.bounding_box()
            assert box is None or box["height"] >= 43.9, (path, pressed.inner_text())
    page.context.close()
