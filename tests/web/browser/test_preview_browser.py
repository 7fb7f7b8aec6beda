"""The live preview in a real browser: while one types, after an upload, and by the button."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from served import PHONE, WIDE, open_served, visit
from standards import violations
from web_apps import READER, Watch, mails_of

from digestmail.app import App
from digestmail.domain import Paper
from digestmail.sources.files.reference_library import LARGEST

pytestmark = pytest.mark.browser
BIBTEX = b"""\
@misc{one, title={Delta sediments of the north}, author={Doe, Jane},
  abstract={Delta sediments settle slowly.}}
@misc{two, title={On delta sediments}, author={Roe, Rob}, abstract={They are old.}}
"""
FILE: Any = {"name": "my.bib", "mimeType": "text/plain", "buffer": BIBTEX}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """Served pages of a service that has had papers this week."""
    with open_served(tmp_path) as opened:
        rivers = [
            Paper(key=f"test:{n}", title=f"Rivers of kind {n}", abstract=f"Delta sediments {n}.")
            for n in range(3)
        ]
        others = [Paper(key=f"test:o{n}", title=f"Graphs of sort {n}") for n in range(30)]
        opened.store.papers.add([*rivers, *others], opened.clock())
        opened.previews.close()
        opened.previews.ready()
        yield opened


def opened(browser: Browser, app: App, complaints: list[str], **options: Any) -> Page:
    page = visit(browser, app, complaints, **options)
    page.goto("/subscribe")
    return page


def panel(page: Page) -> Any:
    return page.locator("#preview-panel")


def test_the_preview_follows_the_keywords(browser: Browser, app: App) -> None:
    complaints: list[str] = []
    page = opened(browser, app, complaints)
    keywords = page.get_by_label("Keywords", exact=True)
    keywords.press_sequentially("rivers")
    expect(panel(page)).to_contain_text("Rivers of kind 1")
    expect(panel(page)).to_contain_text("match; matches rivers")
    expect(page.locator("[data-preview-status]")).to_contain_text("3 of the 33 papers")
    keywords.fill("zeppelin")
    expect(panel(page)).to_contain_text("None of the 33 papers")
    expect(keywords).to_be_focused()
    assert complaints == []
    page.context.close()


def test_a_file_becomes_text_and_suggestions(browser: Browser, app: App) -> None:
    complaints: list[str] = []
    page = opened(browser, app, complaints)
    page.get_by_label("Or upload your papers").set_input_files(FILE)
    expect(panel(page)).to_contain_text("2 papers read from your file")
    expect(page.get_by_label("Papers you like")).to_have_value(
        "Delta sediments of the north\nOn delta sediments"
    )
    page.get_by_role("button", name="Add delta sediments").click()
    expect(page.get_by_label("Keywords", exact=True)).to_have_value("delta sediments")
    expect(panel(page)).to_contain_text("Rivers of kind")
    expect(page.get_by_role("button", name="Add delta sediments")).to_have_count(0)
    assert complaints == []
    page.context.close()


def test_a_file_that_is_too_large_is_told_before_it_is_sent(browser: Browser, app: App) -> None:
    complaints: list[str] = []
    page = opened(browser, app, complaints)
    posted: list[str] = []
    page.get_by_label("Keywords", exact=True).fill("rivers")
    expect(panel(page)).to_contain_text("Rivers of kind 1")
    page.on("request", lambda request: posted.append(request.url))
    library = page.get_by_label("Or upload your papers")
    large: Any = {**FILE, "name": "big.bib", "buffer": b" " * (LARGEST + 200_000)}
    library.set_input_files(large)
    problem = page.locator("#library-problem")
    expect(problem).to_contain_text("“big.bib” is 5.2 MB; the limit is 5 MB.")
    thesis: Any = {**FILE, "name": "thesis.PDF"}
    library.set_input_files(thesis)
    expect(problem).to_contain_text("Only its own program can read “thesis.PDF”.")
    page.get_by_role("button", name="Subscribe").first.click()
    assert posted == []
    expect(page.get_by_label("Keywords", exact=True)).to_have_value("rivers")
    library.set_input_files(FILE)
    expect(panel(page)).to_contain_text("2 papers read from your file")
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_without_scripts_the_button_does_it(
    browser: Browser, app: App, size: dict[str, int]
) -> None:
    page = opened(browser, app, [], java_script_enabled=False, viewport=size)
    page.get_by_label("Email address").fill(READER)
    page.get_by_label("Sun", exact=True).uncheck()
    page.get_by_label("Or upload your papers").set_input_files(FILE)
    page.get_by_role("button", name="Show matching papers").click()
    expect(page.get_by_text("2 papers read from your file")).to_be_visible()
    page.get_by_role("button", name="Add delta sediments").click()
    expect(page.get_by_label("Keywords", exact=True)).to_have_value("delta sediments")
    expect(panel(page)).to_contain_text("Rivers of kind 1")
    expect(page.get_by_label("Email address")).to_have_value(READER)
    expect(page.get_by_label("Sun", exact=True)).not_to_be_checked()
    page.context.close()


def test_enter_in_a_field_subscribes(browser: Browser, app: App) -> None:
    page = opened(browser, app, [], java_script_enabled=False)
    page.get_by_label("Keywords", exact=True).fill("rivers")
    page.get_by_label("Email address").fill(READER)
    wait(app)
    page.get_by_label("Email address").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    page.context.close()


def wait(app: App, seconds: float = 5) -> None:
    """Let the time pass that a person takes to fill in a form."""
    assert isinstance(app.clock, Watch)
    app.clock.move(seconds=seconds)


def test_a_link_that_fills_in_the_form_has_its_preview_at_once(browser: Browser, app: App) -> None:
    page = visit(browser, app, [])
    page.goto("/subscribe?keywords=rivers")
    expect(panel(page)).to_contain_text("Rivers of kind 1")
    page.context.close()


def test_a_preview_that_fails_is_told_and_stops_nothing(browser: Browser, app: App) -> None:
    page = opened(browser, app, [])
    page.route("**/subscribe/preview", lambda route: route.abort())
    page.get_by_label("Keywords", exact=True).fill("rivers")
    expect(page.locator("[data-preview-status]")).to_contain_text("t show the preview right now")
    page.get_by_label("Email address").fill(READER)
    wait(app)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    page.context.close()


def test_the_browser_does_its_sum(browser: Browser, tmp_path: Path) -> None:
    complaints: list[str] = []
    with open_served(tmp_path, altcha=True) as app:
        page = opened(browser, app, complaints)
        page.get_by_label("Keywords", exact=True).fill("rivers")
        page.get_by_label("Email address").fill(READER)
        wait(app)
        page.get_by_role("button", name="Subscribe").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
        assert len(mails_of(app)) <= 1
        assert app.store.subscribers.find(READER)
        page.context.close()
    assert complaints == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_preview_is_easy_to_reach(browser: Browser, app: App, size: dict[str, int]) -> None:
    page = opened(browser, app, [], viewport=size)
    page.get_by_label("Keywords", exact=True).fill("rivers")
    expect(panel(page)).to_contain_text("Rivers of kind")
    assert violations(page) == []
    page.get_by_label("Or upload your papers").set_input_files(FILE)
    expect(panel(page)).to_contain_text("have these in common")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for button in panel(page).get_by_role("button").all():
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44
    page.context.close()
