"""What others' tools say of pages and mails: axe-core (WCAG 2.2 AA) and html-validate."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from needs import needs
from playwright.sync_api import Page

_PACKAGES = Path(os.environ.get("DIGESTMAIL_TEST_NPM", "")) / "node_modules"
_AXE = _PACKAGES / "axe-core" / "axe.min.js"
_VALIDATE = _PACKAGES / ".bin" / "html-validate"
_RUN = """async () => {
  const found = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa",
    "wcag22aa", "best-practice"]});
  return found.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" | "));
}"""
_RULES = {
    "doctype-style": ["error", {"style": "lowercase"}],
    "no-trailing-whitespace": "off",  # between blocks, where nobody sees it
    "void-style": "off",
}


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page, all that folds opened. Skips where there is no axe-core."""
    needs(_AXE.exists(), "DIGESTMAIL_TEST_NPM names no folder with axe-core")
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true })")
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_RUN)
    return found


def faults(folder: Path, **rules: object) -> str:
    """What html-validate says of the pages in a folder; ``rules`` are put above the usual ones.

    Skips where there is no html-validate.
    """
    needs(_VALIDATE.exists(), "DIGESTMAIL_TEST_NPM names no folder with html-validate")
    settings: Mapping[str, object] = {
        "extends": ["html-validate:standard"],
        "root": True,
        "rules": _RULES | rules,
    }
    (folder / ".htmlvalidate.json").write_text(json.dumps(settings))
    command = [str(_VALIDATE), "--formatter", "text", *map(str, sorted(folder.glob("*.html")))]
    checked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return checked.stdout + checked.stderr if checked.returncode else ""
