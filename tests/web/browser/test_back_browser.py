"""Going back in a real browser: no page asks to send its form again, and none is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from served import open_served, visit
from web_apps import READER, path_of, store_digest

from digestmail.app import App
from digestmail.domain import Paper, Profile, Schedule, Verdict

pytestmark = pytest.mark.browser


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with open_served(tmp_path) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, app: App) -> Iterator[Page]:
    opened = visit(browser, app, [], java_script_enabled=False)
    yield opened
    opened.context.close()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def leaves_no_trap(page: Page, text: str) -> None:
    """The page can be reloaded, and come back to, without a word of sending anything again."""
    heading(page, text)  # the press has led there
    page.wait_for_load_state()
    page.reload()
    heading(page, text)
    page.goto("/help")
    page.go_back()
    heading(page, text)


def test_what_is_said_of_a_paper(page: Page, app: App) -> None:
    ada = app.subscriptions.add(
        READER, [Profile(keywords=("ice",))], Schedule(), app.clock(), active=True
    )
    digest = store_digest(app, ada, Paper(key="test:1", title="A paper"))
    page.goto(path_of(app.links.feedback(digest.stored_id, 1, Verdict.MORE)))
    page.get_by_role("button", name="More like this").click()
    leaves_no_trap(page, "You’ll get more like this")
    page.get_by_role("button", name="Less like this").click()
    leaves_no_trap(page, "You’ll get less like this")
    page.get_by_role("button", name="Save").click()
    leaves_no_trap(page, "Saved")


def test_leaving_and_coming_back(page: Page, app: App) -> None:
    ada = app.subscriptions.add(
        READER, [Profile(keywords=("ice",))], Schedule(), app.clock(), active=True
    )
    page.goto(path_of(app.links.unsubscribe(ada.stored_id)))
    page.get_by_role("button", name="Unsubscribe").click()
    leaves_no_trap(page, "You’re unsubscribed")
    page.get_by_role("button", name="Undo and subscribe me again").click()
    leaves_no_trap(page, "Welcome back")


def test_joining_after_a_mistake(page: Page, app: App) -> None:
    page.goto("/subscribe")
    page.get_by_label("Email address").fill(READER)
    page.get_by_label("Keywords").first.fill("the")
    button = page.get_by_role("button", name="Subscribe", exact=True)
    button.click()
    told = page.get_by_role("alert")
    expect(told).to_be_visible()
    page.get_by_label("Keywords").first.fill("ice")
    app.clock.move(seconds=20)  # type: ignore[attr-defined]
    button.click()
    leaves_no_trap(page, "Check your inbox")
    page.go_back()
    expect(told).to_be_visible()


def test_refusing_all_mail(page: Page, app: App) -> None:
    new = app.subscriptions.add(
        READER, [Profile(keywords=("ice",))], Schedule(), app.clock(), active=False
    )
    page.goto(path_of(app.links.never(new.stored_id)))
    page.get_by_role("button", name="Never email me again").click()
    leaves_no_trap(page, "It won’t happen again")
