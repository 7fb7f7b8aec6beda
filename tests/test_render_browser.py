"""The mails in a real browser: as axe-core judges them, on a phone, for a thumb."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from needs import needs
from playwright.sync_api import Browser, Page
from test_render import ADA, FOLDING, LINKS, RENDERER, WHY, digest, item
from test_render_support import mails

pytestmark = pytest.mark.browser
AXE = Path(os.environ.get("DIGESTMAIL_TEST_NPM", "")) / "node_modules/axe-core/axe.min.js"
MAILS = {name: mail.html for name, mail in mails().items()}
_VIOLATIONS = """async () => {
  const found = await axe.run(document);
  return found.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | "));
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 375, "height": 812})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mail", MAILS)
def test_no_mail_is_hard_to_reach(page: Page, mail: str, scheme: str) -> None:
    needs(AXE.exists(), "DIGESTMAIL_TEST_NPM names no folder with axe-core")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_content(MAILS[mail])
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(_VIOLATIONS) == []


def test_long_words_fit_a_phone(page: Page) -> None:
    long = replace(FOLDING, title="Pneumono" * 30, authors=("W" * 70,), abstract="x" * 500)
    two = (item(long, reasons=WHY, profile_name="W" * 60), item(long, 2))
    page.set_content(RENDERER.digest(digest(*two), ADA, LINKS).html)
    assert page.evaluate("document.documentElement.scrollWidth") == 375


@pytest.mark.parametrize("styled", [True, False], ids=["styled", "bare"])
def test_a_thumb_hits_every_link_of_a_paper(page: Page, styled: bool) -> None:
    html = MAILS["digest"]
    page.set_content(html if styled else re.sub(r"(?s)<style.*?</style>", "", html))
    taps = page.locator("a.tap")
    assert taps.count() == 10
    boxes = [tap.bounding_box() for tap in taps.all()]
    assert all(box and box["height"] >= 44 for box in boxes)
    assert len({(box["x"], box["y"]) for box in boxes if box}) == 10
