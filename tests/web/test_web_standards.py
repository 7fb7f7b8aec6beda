"""Every page and the mail, held against axe-core (WCAG 2.2 AA) and an HTML validator."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from needs import needs
from playwright.sync_api import Browser, Page
from served import PHONE, WIDE, furnished, open_served, visit

from digestmail.app import App

pytestmark = pytest.mark.browser
PACKAGES = Path(os.environ.get("DIGESTMAIL_TEST_NPM", "")) / "node_modules"
AXE = PACKAGES / "axe-core" / "axe.min.js"
VALIDATE = PACKAGES / ".bin" / "html-validate"
_RUN = """async () => {
  const found = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa",
    "wcag22aa", "best-practice"]});
  return found.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | "));
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An App with something of everything."""
    with open_served(tmp_path_factory.mktemp("served")) as app:
        yield app


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page, all that folds opened."""
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_RUN)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_page_is_hard_to_reach(
    browser: Browser, served: App, size: dict[str, int], scheme: str
) -> None:
    needs(AXE.exists(), "DIGESTMAIL_TEST_NPM names no folder with axe-core")
    page = visit(browser, served, [], viewport=size, color_scheme=scheme)
    found = {}
    for path in furnished(served):
        page.goto(path)
        found[path] = violations(page)
    assert {path: said for path, said in found.items() if said} == {}
    page.context.close()


def test_every_page_is_valid(browser: Browser, served: App, tmp_path: Path) -> None:
    needs(VALIDATE.exists(), "DIGESTMAIL_TEST_NPM names no folder with html-validate")
    page = visit(browser, served, [], java_script_enabled=False)
    for at, path in enumerate(furnished(served)):
        answer = page.request.get(path)
        (tmp_path / f"{at:02}.html").write_bytes(answer.body())
    rules = {"extends": ["html-validate:standard"], "root": True, "rules": _RULES}
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(rules))
    checked = subprocess.run(
        [VALIDATE, "--formatter", "text", *sorted(tmp_path.glob("*.html"))],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    page.context.close()


_RULES = {
    "doctype-style": ["error", {"style": "lowercase"}],
    "no-trailing-whitespace": "off",  # between blocks, where nobody sees it
    "void-style": "off",
}
