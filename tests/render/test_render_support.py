"""The mails use nothing but what mail programs know, or what does no harm where it is dropped."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from test_render import ADA, FOLDING, HOME, LINKS, NOTE, RENDERER, WHY, digest, item

from digestmail.domain import DeliveryKind, Layout, Reason, ReasonKind
from digestmail.render import Rendered

SUPPORT = tomllib.loads(Path(__file__).with_name("email_support.toml").read_text(encoding="utf-8"))
_DIFFERENT = (Reason(ReasonKind.EXPLORATION, ("ice",)),)


class _Features(HTMLParser):
    """All that a mail asks of the program that shows it, by the names of the table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(html)
        for sheet in re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL):
            self.found.update(_of_sheet(sheet))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {f"<{tag}>", *(f"[{name}]" for name, _ in attrs)}
        self.found.update(_of_declarations(dict(attrs).get("style") or ""))


def _of_sheet(sheet: str) -> Iterator[str]:
    for rule in re.findall(r"@[^{]+", sheet):
        yield re.sub(r"\(([\w-]+)[^)]*\)", r"(\1)", rule)
    for selectors, declarations in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        yield from _of_selectors(selectors.strip())
        yield from _of_declarations(declarations)


def _of_selectors(selectors: str) -> Iterator[str]:
    each = [selector.strip() for selector in selectors.split(",")]
    if len(each) > 1:
        yield "selector grouping"
    for selector in each:
        parts = selector.split()
        if len(parts) > 1:
            yield "selector descendant"
        for part in parts:
            kind = "class" if part[0] == "." else "type" if part.isalnum() else part
            yield f"selector {kind}"


def _of_declarations(declarations: str) -> Iterator[str]:
    for declaration in filter(str.strip, declarations.split(";")):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        important = value.endswith(" !important")
        if important:
            yield "!important"
        elif "!" in value:
            yield f"{declaration}: some clients want a blank before the !"
        yield f"{name}:{value}" if name == "display" else name


def mails() -> dict[str, Rendered]:
    both = (item(replace(FOLDING, upvotes=40), reasons=WHY), item(NOTE, 2, profile_name="Errata"))
    odd = item(replace(FOLDING, title=r"$x_{ij}^{k-l}$"), reasons=_DIFFERENT)
    linked = replace(FOLDING, code_url=f"{HOME}/code", title="מבוא לגרפים", upvotes=40)
    many = [item(linked, at, reasons=WHY, score=0.9 - at / 10) for at in range(1, 9)]
    url = f"{HOME}/c/token"
    return {
        "digest": RENDERER.digest(digest(*both), ADA.recipient, LINKS),
        "odd": RENDERER.digest(digest(odd), ADA.recipient, LINKS),
        "long": RENDERER.digest(digest(*many), ADA.recipient, LINKS),
        "titles": RENDERER.digest(
            digest(*many), ADA.recipient._replace(layout=Layout.TITLES), LINKS
        ),
        "empty": RENDERER.digest(replace(digest(), note="None."), ADA.recipient, LINKS),
        "confirm": RENDERER.letter(DeliveryKind.CONFIRM, url=url, home=HOME),
        "link": RENDERER.letter(DeliveryKind.LINK, url=url, home=HOME),
        "trial": RENDERER.letter(DeliveryKind.TRIAL, url=HOME, home=HOME),
    }


USED = {name: _Features(mail.html).found for name, mail in mails().items()}


@pytest.mark.parametrize("mail", USED)
def test_a_mail_uses_only_what_is_known(mail: str) -> None:
    assert USED[mail] <= SUPPORT.keys()


def test_the_table_holds_only_what_is_used() -> None:
    assert SUPPORT.keys() == set().union(*USED.values())


@pytest.mark.parametrize("feature", SUPPORT)
def test_what_some_program_drops_does_no_harm(feature: str) -> None:
    support, harmless = SUPPORT[feature]
    assert re.fullmatch("([yan]{5})?", support)
    assert support == "yyyyy" or harmless
