"""The mails in a real browser: as axe-core judges them, on a phone, for a thumb."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from standards import faults, violations
from test_render import ADA, FOLDING, LINKS, RENDERER, WHY, digest, item
from test_render_support import mails

pytestmark = pytest.mark.browser
MAILS = {name: mail.html for name, mail in mails().items()}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 375, "height": 812})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mail", MAILS)
def test_no_mail_is_hard_to_reach(page: Page, mail: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content(MAILS[mail])
    assert violations(page) == []


def test_every_mail_is_valid(tmp_path: Path) -> None:
    for name, html in MAILS.items():
        (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
    rules = {
        "doctype-style": "off",  # css_inline writes it in capitals
        # Outlook lays tables out by attributes; email_support.toml says which ones are used.
        "no-deprecated-attr": "off",
    }
    assert faults(tmp_path, **rules) == ""


def test_long_words_fit_a_phone(page: Page) -> None:
    long = replace(FOLDING, title="Pneumono" * 30, authors=("W" * 70,), abstract="x" * 500)
    two = (item(long, reasons=WHY, profile_name="W" * 60), item(long, 2))
    page.set_content(RENDERER.digest(digest(*two), ADA.recipient, LINKS).html)
    assert page.evaluate("document.documentElement.scrollWidth") == 375


@pytest.mark.parametrize("styled", [True, False], ids=["styled", "bare"])
def test_a_thumb_hits_every_link_of_a_paper(page: Page, styled: bool) -> None:
    html = MAILS["digest"]
    page.set_content(html if styled else re.sub(r"(?s)<style.*?</style>", "", html))
    taps = page.locator("a.tap")
    assert taps.count() == 14
    boxes = [tap.bounding_box() for tap in taps.all()]
    assert all(box and box["height"] >= 44 for box in boxes)
    assert len({(box["x"], box["y"]) for box in boxes if box}) == 14
