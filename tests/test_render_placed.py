"""Forms with a part of their values in place make the same mail."""

import quopri
from collections.abc import Callable

import pytest

from digestmail.render.environment import unbroken, wrap
from digestmail.render.forms import Form, Holes, late
from digestmail.render.placed import Placed
from digestmail.text import excerpt

VALUES = {
    "place": "3",
    "why": "it has “graphs” = much",
    "url": "https://example.org/t/3/more?a=1&b",
}
AT = len("https://example.org/t/")


def _form(filtered: Callable[..., str] = str, *args: int, html: bool = False) -> Form:
    holes = Holes()
    place, why, url = (holes.hole(name) for name in VALUES)
    shown = late(filtered)(url, *args) if filtered is not str else url
    text = f"{place}. {why}\n<a href={shown!s}>{place}</a> {shown!s}\n"
    return holes.cut(text, html=html)


def _placed(form: Form) -> bytes:
    placed = Placed(form, {"place": VALUES["place"]}, {"url": VALUES["url"][AT:]})
    mine = {"why": VALUES["why"], "url": VALUES["url"][:AT]}
    return b"".join(placed.fill(mine))


@pytest.mark.parametrize("html", [True, False])
@pytest.mark.parametrize(
    ("filtered", "args"),
    [(str, ()), (str.upper, ()), (unbroken, ()), (excerpt, (25,)), (wrap, (4,))],
    ids=["plain", "upper", "unbroken", "excerpt", "wrap"],
)
def test_the_same_is_filled_in(filtered: Callable[..., str], args: tuple[int], html: bool) -> None:
    form = _form(filtered, *args, html=html)
    whole = quopri.decodestring(b"".join(form.fill(VALUES)))
    assert quopri.decodestring(_placed(form)) == whole
    assert filtered(VALUES["url"], *args).replace("&", "&amp;" if html else "&").encode() in whole


def test_a_mail_leaves_nothing_for_the_next() -> None:
    placed = Placed(_form(), {"place": "3"}, {"url": "3"})
    first = b"".join(placed.fill({"why": "a", "url": "https://a/"}))
    second = b"".join(placed.fill({"why": "b", "url": "https://b/"}))
    assert b"//a/" not in second
    assert first == b"".join(placed.fill({"why": "a", "url": "https://a/"}))
