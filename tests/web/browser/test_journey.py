"""A whole visitor's journey in a real browser: from the first page to the last goodbye."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from served import PHONE, WIDE, awaited_mail, open_served, person, visit
from web_apps import READER, Watch

from digestmail.app import App
from digestmail.domain import SourceSpec, SubscriberStatus, Verdict
from digestmail.resources import SAMPLE_PAPERS

pytestmark = pytest.mark.browser
INBOX = "http://inbox.test/"
BIBTEX = b"""\
@misc{one, title={Arctic sea ice and its leads}, author={Doe, Jane},
  abstract={Sea ice breaks, and leads open in the sea ice of the Arctic.}}
@misc{two, title={Melt ponds on sea ice}, author={Roe, Rob}, abstract={Melt ponds darken sea ice.}}
"""
FILE: Any = {"name": "my.bib", "mimeType": "text/plain", "buffer": BIBTEX}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Served pages of a service with the sample papers, as the demo shows them."""
    with open_served(tmp_path) as opened:
        sample = SourceSpec(name="sample", kind="file", options={"path": str(SAMPLE_PAPERS)})
        opened.store.sources.add(sample, opened.clock())
        opened.ingest()
        opened.previews.ready()
        yield opened


def wait(app: App, **by: float) -> None:
    assert isinstance(app.clock, Watch)
    app.clock.move(**by)


def open_mail(page: Page, app: App, mails: int) -> None:
    """Read the newest mail where its links can be clicked, once so many have come."""
    body = awaited_mail(app, mails).get_body(("html",))
    assert body
    html = body.get_content()
    page.unroute(INBOX)
    page.route(INBOX, lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(INBOX)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


# --- joining ---------------------------------------------------------------------------------


def look_around(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("papers")
    follow(page, "make it personal")
    page.get_by_label("Keywords", exact=True).fill("protein structure")


def try_the_form(page: Page, *, scripts: bool) -> None:
    """What was typed, then a file, then a suggestion change the preview."""
    panel = page.locator("#preview-panel")
    if not scripts:
        press(page, "Show matching papers")
    expect(panel).to_contain_text("Folding Orphans")
    expect(panel).not_to_contain_text("Sea Ice")
    page.get_by_label("Or upload your papers").set_input_files(FILE)
    if not scripts:
        press(page, "Show matching papers")
    expect(page.get_by_text("2 papers read from your file")).to_be_visible()
    expect(panel).to_contain_text("Floe-Aware Sea Ice Forecasting")
    press(page, "Add sea ice")
    expect(page.get_by_label("Keywords", exact=True)).to_have_value("protein structure, sea ice")
    expect(panel).to_contain_text("Why: strong match; matches sea ice")


def join(page: Page, app: App) -> None:
    page.get_by_label("Email address").fill(READER)
    wait(app, seconds=20)
    press(page, "Subscribe")
    title(page, "Check your inbox")
    open_mail(page, app, 1)
    follow(page, "Confirm subscription")
    press(page, "Confirm subscription")
    title(page, "You’re subscribed")


def tune(page: Page, *, scripts: bool) -> None:
    follow(page, "See and refine your preferences")
    title(page, "Your digest")
    expect(page.get_by_label("Papers you like").first).to_have_value(
        "Arctic sea ice and its leads\nMelt ponds on sea ice"
    )
    page.get_by_label("Keywords", exact=True).first.fill("protein structure, sea ice, ribosome")
    if not scripts:
        press(page, "Show matching papers")
    expect(
        page.get_by_role("region", name="What you would have received this week")
    ).to_contain_text("matches ribosome")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status")).to_contain_text("Saved")


# --- the mail --------------------------------------------------------------------------------


def wait_for_the_day(app: App) -> None:
    wait(app, hours=3)
    app.prepare()
    with ThreadPoolExecutor() as other:  # Playwright has an event loop in this thread
        assert other.submit(app.deliver).result().sent == 1


def say_less(page: Page, app: App, *, scripts: bool) -> None:
    """One tap in the mail, why, and undo."""
    reader = app.store.subscribers.by_email(READER).stored_id
    open_mail(page, app, 2)
    follow(page, "Less like this")
    if not scripts:
        press(page, "Less like this")
    title(page, "You’ll get less like this")
    assert [f.verdict for f in app.store.feedback.of([reader])] == [Verdict.LESS]
    page.get_by_text("Why did I get this?").click()
    expect(page.get_by_text("of 100")).to_be_visible()
    press(page, "Undo")
    title(page, "Undone")
    assert app.store.feedback.of([reader]) == []


def save_one(page: Page, *, scripts: bool) -> None:
    page.goto(INBOX)
    follow(page, "Save")
    if not scripts:
        press(page, "Save")
    title(page, "Saved")


def search(page: Page) -> None:
    """From the mail in the browser to a search, and on to a form that it has filled in."""
    page.goto(INBOX)
    follow(page, "View in browser")
    expect(page.get_by_role("heading", level=1)).to_contain_text("new papers")
    follow(page, "Search")
    page.get_by_label("Words or a sentence, an author").fill("quantum error correction")
    press(page, "Search")
    expect(page.get_by_role("heading", name="Decoding with a Deadline")).to_be_visible()
    follow(page, "Subscribe to this search")
    expect(page.get_by_label("Keywords", exact=True)).to_have_value("quantum error correction")


# --- one's own pages -------------------------------------------------------------------------


def export(page: Page) -> None:
    page.goto(INBOX)
    follow(page, "Preferences")
    follow(page, "Reading list")
    with page.expect_download() as file:
        follow(page, "BibTeX")
    assert "@misc{" in file.value.path().read_text(encoding="utf-8")


def pause(page: Page) -> None:
    follow(page, "Your digest")
    page.get_by_label("Until a date").check()
    page.get_by_label("Start again on", exact=True).fill("2026-12-24")
    press(page, "Pause")
    expect(page.get_by_text("starts again on Thursday, 24 December 2026")).to_be_visible()
    press(page, "Resume now")
    expect(page.get_by_role("status")).to_contain_text("Welcome back")


def download(page: Page, app: App) -> None:
    """By a fresh link, since the one of the mail is some hours old."""
    wait(app, hours=2)
    follow(page, "Your data")
    press(page, "Email me a new link")
    open_mail(page, app, 3)
    follow(page, "Open preferences")
    follow(page, "Your data")
    with page.expect_download() as file:
        follow(page, "Download my data")
    assert READER in file.value.path().read_text(encoding="utf-8")


def go(page: Page, app: App) -> None:
    follow(page, "Your digest")
    press(page, "Unsubscribe")
    expect(page.get_by_role("heading", name="You’re unsubscribed")).to_be_visible()
    left = app.store.subscribers.by_email(READER)
    assert left.status is SubscriberStatus.UNSUBSCRIBED
    follow(page, "Your data")
    follow(page, "Erase my data")
    press(page, "Erase everything")
    title(page, "Your data is erased")
    assert app.store.subscribers.find(READER) is None


@pytest.mark.parametrize(("scripts", "size"), [(True, WIDE), (False, PHONE)], ids=["wide", "plain"])
def test_from_the_first_page_to_the_last(
    browser: Browser, app: App, scripts: bool, size: dict[str, int]
) -> None:
    complaints: list[str] = []
    page = person(visit(browser, app, complaints, java_script_enabled=scripts, viewport=size))
    look_around(page)
    try_the_form(page, scripts=scripts)
    join(page, app)
    tune(page, scripts=scripts)
    wait_for_the_day(app)
    say_less(page, app, scripts=scripts)
    save_one(page, scripts=scripts)
    search(page)
    export(page)
    pause(page)
    download(page, app)
    go(page, app)
    assert complaints == []
    page.context.close()
