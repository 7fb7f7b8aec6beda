"""Forms make the mail that their template would, whatever stands in the holes."""

import quopri
from collections.abc import Callable

import pytest

from digestmail.render.compiled.compiled_template import CannotSplitError, Form, Holes, Slots, late
from digestmail.render.environment import unbroken
from digestmail.render.wrapping import wrap
from digestmail.text import excerpt

START, END = "https://example.org/t/", "3/more?a=1&b"
VALUES = {
    "place": "3",
    "why": "it has “graphs” = much",
    "url": START + END,
    "url<": START,
    "url>": END,
}


def _form(filtered: Callable[..., str] = str, *args: int, html: bool = False) -> Form:
    holes = Holes()
    place, why, url = (holes.hole(name) for name in ("place", "why", "url"))
    shown = late(filtered)(url, *args) if filtered is not str else url
    text = f"{place}. {why}\n<a href={shown!s}>{place}</a> {shown!s}\n"
    return holes.cut(text, Slots(), html=html, parted=["url"])


@pytest.mark.parametrize("html", [True, False])
@pytest.mark.parametrize(
    ("filtered", "args"),
    [(str, ()), (str.upper, ()), (unbroken, ()), (excerpt, (25,)), (wrap, (4,))],
    ids=["plain", "upper", "unbroken", "excerpt", "wrap"],
)
def test_parted_values_make_the_same(
    filtered: Callable[..., str], args: tuple[int], html: bool
) -> None:
    filled = quopri.decodestring(_form(filtered, *args, html=html).fill(VALUES, {})).decode()
    url = filtered(VALUES["url"], *args)
    shown = url.replace("&", "&amp;") if html else url
    assert f"<a href={shown}>3</a>" in filled
    assert VALUES["why"] in filled


def test_a_mail_leaves_nothing_for_the_next() -> None:
    form = _form()
    first = form.fill(VALUES | {"url<": "https://a/"}, {})
    second = form.fill(VALUES | {"url<": "https://b/"}, {})
    assert b"//a/" not in second
    assert first == form.fill(VALUES | {"url<": "https://a/"}, {})


def test_a_text_with_holes_is_filtered_as_a_whole() -> None:
    holes = Holes()
    said = late(wrap)(f"You, {holes.hole('who')}, read about {holes.hole('what')} and more.", 2)
    form = holes.cut(f"Hello.\n{said}\n", Slots())
    values = {"who": "Ada Lovelace of London", "what": "engines " * 12}
    filled = form.fill(values, {}).decode().replace("\r\n", "\n")
    whole = wrap(f"You, {values['who']}, read about {values['what']} and more.", 2)
    assert filled.replace("=\n", "") == f"Hello.\n{whole}\n"


def test_filters_follow_one_another_over_texts_with_holes() -> None:
    holes = Holes()
    inner = late(str.upper)(f"<{holes.hole('name')}>")
    mixture = holes.mixture(f"{late(excerpt)(f'{inner} and what follows', 12)}.")
    assert mixture.text({"name": "ada"}) == excerpt("<ADA> and what follows", 12) + "."


def test_marks_cannot_be_filtered_before_they_are_known() -> None:
    holes = Holes()
    (first, _), *_ = holes.segments("title")
    with pytest.raises(CannotSplitError):
        late(wrap)(f"It says {first}")


def test_holes_of_another_rendering_are_not_taken() -> None:
    text = f"It says {Holes().hole('gone')}"
    with pytest.raises(CannotSplitError):
        late(wrap)(text)


def test_forms_share_what_was_encoded() -> None:
    slots, holes = Slots(), Holes()
    one = holes.cut(f"a {holes.hole('x')}\n", slots)
    other = holes.cut(f"b {holes.hole('x')} {late(str.upper)(holes.hole('x'))}\n", slots)
    ready = slots.ready({"x": "ä", "unknown": "?"})
    assert list(ready.values()) == [b"=C3=A4=\r\n"]
    for form in (one, other):
        assert form.fill({"x": "ä"}, dict(ready)) == form.fill({"x": "ä"}, {})


def test_what_is_given_is_not_looked_for() -> None:
    slots, holes = Slots(given=["x"]), Holes()
    form = holes.cut(f"a {holes.hole('x')} {late(str.upper)(holes.hole('x'))}\n", slots)
    filled = form.fill({"x": "y"}, slots.ready({"x": "y"})).replace(b"=\r\n", b"")
    assert filled == b"a y Y\r\n"
    with pytest.raises(KeyError):
        form.fill({"x": "y"}, {})


def test_what_filters_make_of_a_value_is_ready_too() -> None:
    seen: list[str] = []

    def loud(text: str, marks: object = None) -> str:
        seen.append(text)
        return text.upper()

    slots, holes = Slots(given=["x"], filtered=["x"]), Holes()
    forms = [holes.cut(f"{late(loud)(holes.hole('x'))} {end}\n", slots) for end in "ab"]
    ready = slots.ready({"x": "hm"})
    filled = [form.fill({"x": "hm"}, dict(ready)) for form in forms * 2]
    assert filled[:2] == filled[2:] == [b"HM=\r\n a\r\n", b"HM=\r\n b\r\n"]
    assert seen == ["hm"]
    unkept = late(loud)(holes.hole("x"), ["no hash"])
    form = holes.cut(f"{unkept}\n", slots)
    assert form.fill({"x": "hm"}, {}) == b"HM=\r\n\r\n"
    assert seen == ["hm", "hm"]
    form = holes.cut(f"{late(loud)(f'{unkept}!')}\n", slots)
    assert form.fill({"x": "hm"}, {}) == b"HM!=\r\n\r\n"


def test_filters_with_words_of_each_paper_fill_no_memory() -> None:
    slots, holes = Slots(given=["x"], filtered=["x"]), Holes()
    cut = late(lambda text, word: text.replace(word, "…"))
    for number in range(100):
        form = holes.cut(f"{cut(holes.hole('x'), str(number))}\n", slots)
        values = {"x": f"it has {number} of them"}
        filled = form.fill(values, slots.ready(values))
        assert quopri.decodestring(filled).decode() == "it has … of them\r\n"
    assert len(slots) < 100


@pytest.mark.parametrize("names", [[], ["x"], ["x", "x", "y"]])
def test_forms_of_any_number_of_holes(names: list[str]) -> None:
    holes = Holes()
    form = holes.cut("100 % " + " ".join(holes.hole(name).__str__() for name in names), Slots())
    filled = form.fill({"x": "%b", "y": "2"}, {}).replace(b"=\r\n", b"").decode()
    assert filled == "100 % " + " ".join({"x": "%b", "y": "2"}[name] for name in names)
