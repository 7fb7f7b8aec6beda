"""Every page, and every answer to a form, held against axe-core and an HTML validator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from served import PHONE, WIDE, corners, furnished, open_served, posted, send, visit
from standards import faults, violations

from digestmail.app import App

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An App with something of everything."""
    with open_served(tmp_path_factory.mktemp("served")) as app:
        yield app


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_page_is_hard_to_reach(
    browser: Browser, served: App, size: dict[str, int], scheme: str
) -> None:
    page = visit(browser, served, [], viewport=size, color_scheme=scheme)
    found = {path: violations(page) for path in each_page(page, served)}
    assert {path: said for path, said in found.items() if said} == {}
    page.context.close()


def each_page(page: Page, app: App) -> Iterator[str]:
    """Opens one page after another, those that answer a form too."""
    for path in [*furnished(app), *corners(app)]:
        page.goto(path)
        yield path
    for path, fields in posted(app):
        send(page, path, fields)
        yield f"POST {path}"


def test_every_page_is_valid(browser: Browser, served: App, tmp_path: Path) -> None:
    page = visit(browser, served, [])
    answers = [page.request.get(path) for path in [*furnished(served), *corners(served)]]
    answers += [page.request.post(path, form=dict(fields)) for path, fields in posted(served)]
    for at, answer in enumerate(answers):
        (tmp_path / f"{at:02}.html").write_bytes(answer.body())
    assert faults(tmp_path) == ""
    page.context.close()
