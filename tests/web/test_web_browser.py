"""The pages in a real browser, on a real server: with and without JavaScript, wide and narrow."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from web_apps import READER, Watch, link_in, mails_of, open_app, path_of, store_digest

from digestmail.app import App
from digestmail.domain import Paper, Profile, Schedule, SubscriberStatus, Verdict
from digestmail.web import make_web

pytestmark = pytest.mark.browser
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 812}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An App whose pages are served at its ``public_url``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        home = f"http://127.0.0.1:{listener.getsockname()[1]}"
        opened = open_app(tmp_path, Watch(), home=home)
        options = uvicorn.Config(make_web(opened), log_level="warning", access_log=False)
        server = uvicorn.Server(options)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield opened
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


def confirm_link(app: App) -> str:
    """The path in the confirm mail, once it has been written."""
    deadline = time.monotonic() + 10
    while not (mails := mails_of(app)):
        assert time.monotonic() < deadline, "no confirm mail came"
        time.sleep(0.05)
    return link_in(mails[0], "confirm")


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
    expect(page.get_by_role("heading", name="You left")).to_be_visible()


@pytest.mark.parametrize(
    ("scripts", "size", "zone"), [(True, WIDE, "Europe/Rome"), (False, PHONE, "UTC")]
)
def test_a_newcomer_joins_changes_and_leaves(
    browser: Browser, app: App, scripts: bool, size: dict[str, int], zone: str
) -> None:
    complaints: list[str] = []
    page = visit(browser, app, complaints, java_script_enabled=scripts, viewport=size)
    subscribe(page, app)
    page.goto(confirm_link(app))
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
    asked += ["hour", "timezone", "rhythm", "weekdays"]
    assert [name for name in dict.fromkeys(focused) if name][: len(asked)] == asked
    page.context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_late_and_quiet_days_are_chosen(browser: Browser, app: App, size: dict[str, int]) -> None:
    ada = app.desk.add(READER, [Profile(keywords=("ice",))], Schedule(), app.clock(), active=True)
    page = visit(browser, app, [], viewport=size, java_script_enabled=False)
    page.goto(path_of(app.links.preferences(ada.id or 0, app.clock())))
    wait = page.get_by_label("If the day’s papers are late")
    expect(wait).to_have_value("3")
    wait.select_option("Do not wait")
    page.get_by_text("tell me why in a short mail").click()  # the words tick the box too
    page.locator("#schedule + form").get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_role("checkbox", name="tell me why in a short mail")).to_be_checked()
    saved = app.store.subscribers.by_email(READER).schedule
    assert saved == Schedule(wait_hours=0, send_empty=True)
    page.context.close()


def test_a_box_is_large_enough_for_a_thumb(browser: Browser, app: App) -> None:
    ada = app.desk.add(READER, [Profile(keywords=("ice",))], Schedule(), app.clock(), active=True)
    page = visit(browser, app, [], viewport=PHONE)
    page.goto(path_of(app.links.preferences(ada.id or 0, app.clock())))
    for label in page.locator("label:has(input[type=checkbox])").all():
        box = label.bounding_box()
        assert box
        assert box["height"] >= 44
    page.context.close()


def populated(app: App) -> list[str]:
    """The paths of all pages, on a subscriber with long words everywhere."""
    long = Profile(name="W" * 60, keywords=("Donaudampfschifffahrtsgesellschaft" * 2,))
    address = f"{'very-long-' * 6}@example.org"
    reader = app.desk.add(address, [long], Schedule(), app.clock(), active=True)
    waiting = app.desk.add("b@example.org", [long], Schedule(), app.clock(), active=False)
    digest = store_digest(app, reader, Paper(key="test:1", title="Pneumono" * 30), note="N" * 400)
    links, now = app.links, app.clock()
    return [
        *("/", "/papers?q=pneumono", "/subscribe?authors=Lise+Meitner", "/preferences", "/help"),
        path_of(links.preferences(reader.id or 0, now)),
        path_of(links.unsubscribe(reader.id or 0)),
        path_of(links.feedback(digest.id or 0, 1, Verdict.MORE)),
        path_of(links.confirm(waiting.id or 0, 0, now)),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone(browser: Browser, app: App, scheme: str) -> None:
    complaints: list[str] = []
    page = visit(browser, app, complaints, viewport=PHONE, color_scheme=scheme)
    for path in populated(app):
        page.goto(path)
        for fold in page.locator("summary").all():
            if fold.is_visible():
                fold.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, path
        assert page.locator("h1").count() == 1, path
    assert complaints == []
    page.context.close()


def test_every_page_has_a_title_of_its_own(browser: Browser, app: App) -> None:
    page = visit(browser, app, [])
    titles = []
    for path in populated(app):
        page.goto(path)
        titles.append(page.title())
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("main").count() == 1
    assert len(set(titles)) == len(titles)
    page.context.close()
