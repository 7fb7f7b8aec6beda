"""An address alone, in a real browser: from the first page to a subscription."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from served import PHONE, WIDE, awaited_mail, open_served, visit
from web_apps import READER, Watch, link_in

from digestmail.app import App
from digestmail.domain import Paper, Schedule, SubscriberStatus

pytestmark = pytest.mark.browser


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An App with one paper that is voted for, whose pages are served."""
    with open_served(tmp_path) as opened:
        paper = Paper(key="test:1", title="Sea ice", upvotes=12, categories=("physics.ao-ph",))
        opened.store.papers.add([paper], opened.clock())
        yield opened


def wait(app: App) -> None:
    """Let time pass: nobody fills in a form at once."""
    assert isinstance(app.clock, Watch)
    app.clock.move(seconds=5)


def submit(page: Page) -> None:
    page.locator(".joining").get_by_role("button", name="Subscribe").click()


@pytest.mark.parametrize(
    ("scripts", "size", "zone"), [(True, WIDE, "Europe/Rome"), (False, PHONE, "UTC")]
)
def test_an_address_alone_is_subscribed_from_the_first_page(
    browser: Browser, app: App, scripts: bool, size: dict[str, int], zone: str
) -> None:
    complaints: list[str] = []
    page = visit(browser, app, complaints, java_script_enabled=scripts, viewport=size)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Trending papers today")
    expect(page.locator("#categories")).to_be_hidden()
    page.get_by_label("Email address").fill(READER)
    wait(app)
    submit(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    page.goto(link_in(awaited_mail(app), "confirm"))
    page.get_by_role("button", name="Confirm subscription").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("subscribed")
    reader = app.store.subscribers.by_email(READER)
    assert reader.status is SubscriberStatus.ACTIVE
    assert reader.profiles[0].is_trending_only
    assert reader.schedule == Schedule(timezone=zone)
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_mistyped_address_is_corrected_by_one_press(
    browser: Browser, app: App, scripts: bool
) -> None:
    page = visit(browser, app, [], java_script_enabled=scripts)
    page.goto("/")
    page.get_by_label("Email address").fill("ada@gmial.com")
    wait(app)
    if scripts:
        page.get_by_label("Email address").press("Tab")
    else:
        submit(page)
    expect(page.locator("#email-problem")).to_contain_text("Did you mean ada@gmail.com?")
    page.get_by_role("button", name="Use ada@gmail.com").click()
    if scripts:
        expect(page.get_by_label("Email address")).to_have_value("ada@gmail.com")
        expect(page.locator("#email-problem")).to_have_count(0)
        submit(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    assert awaited_mail(app)["To"] == "ada@gmail.com"
    page.context.close()


def test_a_wrong_category_is_shown_before_the_form_is_sent(browser: Browser, app: App) -> None:
    page = visit(browser, app, [])
    page.goto("/")
    page.get_by_text("Categories, time and days").click()
    page.locator("#categories").fill("math, cs.VC")
    page.locator("#categories").press("Tab")
    expect(page.locator("#categories-problem")).to_contain_text("Did you mean cs.CV?")
    page.get_by_role("button", name="Use cs.CV").click()
    expect(page.locator("#categories")).to_have_value("math, cs.CV")
    page.context.close()
