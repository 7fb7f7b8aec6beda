"""The style sheet: the mail's colours, and enough contrast for every text."""

import re

import pytest

from digestmail.render.environment import make_environment
from digestmail.resources import TEMPLATES

CSS = (TEMPLATES / "web/static/style.css").read_text(encoding="utf-8")
MAIL = make_environment(TEMPLATES).get_template("email/_base/palette.html").module
TEXTS = ("ink", "body", "quiet", "link", "wrong", "good")


def palette(scheme: str) -> dict[str, str]:
    part = CSS.split("@media")[0 if scheme == "light" else 1]
    return dict(re.findall(r"--([\w-]+): (#\w{6})", part))


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_the_colours_of_the_mail(scheme: str) -> None:
    colours = palette(scheme)
    mail = getattr(MAIL, scheme)
    assert {name: colours[name] for name in mail} == mail


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(scheme: str) -> None:
    colours = palette(scheme)
    pairs = [(text, under) for text in TEXTS for under in ("ground", "sheet", "field")]
    pairs += [("marked", "mark"), ("on_button", "button"), ("on_button", "button-over")]
    assert [p for p in pairs if contrast(colours[p[0]], colours[p[1]]) < 4.5] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_field_can_be_seen(scheme: str) -> None:
    colours = palette(scheme)
    assert contrast(colours["edge"], colours["sheet"]) >= 3
    assert contrast(colours["edge"], colours["field"]) >= 3
