"""The pages in a real browser, on a real server: with and without JavaScript, wide and narrow."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from served import (
    PHONE,
    WIDE,
    awaited_mail,
    corners,
    furnished,
    open_served,
    posted,
    send,
    visit,
)
from web_apps import READER, Watch, link_in, path_of

from digestmail.app import App
from digestmail.domain import Profile, Schedule, SubscriberStatus

pytestmark = pytest.mark.browser


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An App whose pages are served at its ``public_url``."""
    with open_served(tmp_path) as opened:
        yield opened


def subscribe(page: Page, app: App) -> None:
    page.goto("/subscribe")
    assert isinstance(app.clock, Watch)
    app.clock.move(seconds=20)  # nobody fills in a form at once
    page.get_by_label("Email address").fill(READER)
    page.get_by_label("Keywords", exact=True).fill("sparse autoencoder")
    page.get_by_label("Sun", exact=True).uncheck()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")


def change_everything(page: Page) -> None:
    page.get_by_label("Keywords", exact=True).first.fill("protein design")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You’re unsubscribed")).to_be_visible()


@pytest.mark.parametrize(
    ("scripts", "size", "zone"), [(True, WIDE, "Europe/Rome"), (False, PHONE, "UTC")]
)
def test_a_newcomer_joins_changes_and_leaves(
    browser: Browser, app: App, scripts: bool, size: dict[str, int], zone: str
) -> None:
    complaints: list[str] = []
    page = visit(browser, app, complaints, java_script_enabled=scripts, viewport=size)
    subscribe(page, app)
    page.goto(link_in(awaited_mail(app), "confirm"))
    page.get_by_role("button", name="Confirm subscription").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re subscribed")
    page.get_by_role("link", name="See and refine your preferences").click()
    change_everything(page)
    left = app.store.subscribers.by_email(READER)
    assert left.status is SubscriberStatus.UNSUBSCRIBED
    assert left.profiles[0].keywords == ("protein design",)
    assert left.schedule == Schedule(timezone=zone, weekdays=frozenset(range(1, 7)))
    assert complaints == []
    page.context.close()


def test_a_time_zone_that_was_typed_stays(browser: Browser, app: App) -> None:
    page = visit(browser, app, [])
    page.goto("/subscribe?timezone=Asia/Tokyo")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    page.context.close()


def test_problems_are_focused_and_lead_to_their_fields(browser: Browser, app: App) -> None:
    page = visit(browser, app, [])
    page.goto("/subscribe")
    page.get_by_label("Email address").fill("ada@nowhere")
    page.get_by_label("Keywords", exact=True).fill("kept as typed")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("Email address")).to_be_focused()
    expect(page.get_by_label("Keywords", exact=True)).to_have_value("kept as typed")
    page.context.close()


def test_the_form_is_filled_in_by_keyboard(browser: Browser, app: App) -> None:
    page = visit(browser, app, [])
    page.goto("/subscribe")
    focused = []
    for _ in range(30):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.name || ''"))
    asked = ["email", "keywords", "interests", "seed_papers", "library"]
    asked += ["trending", "hour", "timezone", "rhythm", "weekdays"]
    assert [name for name in dict.fromkeys(focused) if name][: len(asked)] == asked
    page.context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_late_and_quiet_days_are_chosen(browser: Browser, app: App, size: dict[str, int]) -> None:
    ada = app.subscriptions.add(
        READER, [Profile(keywords=("ice",))], Schedule(), app.clock(), active=True
    )
    page = visit(browser, app, [], viewport=size, java_script_enabled=False)
    page.goto(path_of(app.links.preferences(ada.stored_id, app.clock())))
    wait = page.get_by_label("If the day’s papers are late")
    expect(wait).to_have_value("3")
    wait.select_option("Don’t wait")
    page.get_by_text("email me the reason").click()  # the words tick the box too
    page.locator("#schedule + form").get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_role("checkbox", name="email me the reason")).to_be_checked()
    saved = app.store.subscribers.by_email(READER).schedule
    assert saved == Schedule(wait_hours=0, send_empty=True)
    page.context.close()


def test_a_box_is_large_enough_for_a_thumb(browser: Browser, app: App) -> None:
    ada = app.subscriptions.add(
        READER, [Profile(keywords=("ice",))], Schedule(), app.clock(), active=True
    )
    page = visit(browser, app, [], viewport=PHONE)
    page.goto(path_of(app.links.preferences(ada.stored_id, app.clock())))
    for label in page.locator("label:has(input[type=checkbox])").all():
        box = label.bounding_box()
        assert box
        assert box["height"] >= 44
    page.context.close()


def assert_fits(page: Page, path: str) -> None:
    """With everything opened that is folded away."""
    for fold in page.locator("summary").all():
        if fold.is_visible():
            fold.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375, path
    assert page.locator("h1").count() == 1, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone(browser: Browser, app: App, scheme: str) -> None:
    complaints: list[str] = []
    page = visit(browser, app, complaints, viewport=PHONE, color_scheme=scheme)
    for path in furnished(app):
        page.goto(path)
        assert_fits(page, path)
    assert [said for said in complaints if "status of 404" not in said] == []
    for path in corners(app):
        page.goto(path)
        assert_fits(page, path)
    for path, fields in posted(app):
        send(page, path, fields)
        assert_fits(page, path)
    page.context.close()


def test_every_page_has_a_title_of_its_own(browser: Browser, app: App) -> None:
    page = visit(browser, app, [])
    titles = []
    for path in [path for path in furnished(app) if "?" not in path]:
        page.goto(path)
        titles.append(page.title())
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("main").count() == 1
    assert len(set(titles)) == len(titles)
    page.context.close()
