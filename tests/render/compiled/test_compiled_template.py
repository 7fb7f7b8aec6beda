"""Compiled templates make the mail that their source would, whatever the values are."""

import quopri
from collections.abc import Callable

import pytest

from digestmail.render.compiled.compiled_template import (
    CompiledTemplate,
    SharedEncodings,
    compile_template,
)
from digestmail.render.compiled.placeholders import (
    NotCompilableError,
    Placeholders,
    deferrable,
)
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


def _compiled(
    filtered: Callable[..., str] = str, *args: int, html: bool = False
) -> CompiledTemplate:
    placeholders = Placeholders()
    place, why, url = (placeholders.new(name) for name in ("place", "why", "url"))
    shown = deferrable(filtered)(url, *args) if filtered is not str else url
    text = f"{place}. {why}\n<a href={shown!s}>{place}</a> {shown!s}\n"
    return compile_template(text, placeholders, SharedEncodings(), html=html, split_values=["url"])


@pytest.mark.parametrize("html", [True, False])
@pytest.mark.parametrize(
    ("filtered", "args"),
    [(str, ()), (str.upper, ()), (unbroken, ()), (excerpt, (25,)), (wrap, (4,))],
    ids=["plain", "upper", "unbroken", "excerpt", "wrap"],
)
def test_parted_values_make_the_same(
    filtered: Callable[..., str], args: tuple[int], html: bool
) -> None:
    filled = quopri.decodestring(_compiled(filtered, *args, html=html).fill(VALUES, {})).decode()
    url = filtered(VALUES["url"], *args)
    shown = url.replace("&", "&amp;") if html else url
    assert f"<a href={shown}>3</a>" in filled
    assert VALUES["why"] in filled


def test_a_mail_leaves_nothing_for_the_next() -> None:
    compiled = _compiled()
    first = compiled.fill(VALUES | {"url<": "https://a/"}, {})
    second = compiled.fill(VALUES | {"url<": "https://b/"}, {})
    assert b"//a/" not in second
    assert first == compiled.fill(VALUES | {"url<": "https://a/"}, {})


def test_a_text_with_placeholders_is_filtered_as_a_whole() -> None:
    placeholders = Placeholders()
    said = deferrable(wrap)(
        f"You, {placeholders.new('who')}, read about {placeholders.new('what')} and more.",
        2,
    )
    compiled = compile_template(f"Hello.\n{said}\n", placeholders, SharedEncodings())
    values = {"who": "Ada Lovelace of London", "what": "engines " * 12}
    filled = compiled.fill(values, {}).decode().replace("\r\n", "\n")
    whole = wrap(f"You, {values['who']}, read about {values['what']} and more.", 2)
    assert filled.replace("=\n", "") == f"Hello.\n{whole}\n"


def test_filters_follow_one_another_over_texts_with_placeholders() -> None:
    placeholders = Placeholders()
    inner = deferrable(str.upper)(f"<{placeholders.new('name')}>")
    mixture = placeholders.mixed_text(f"{deferrable(excerpt)(f'{inner} and what follows', 12)}.")
    assert mixture.text({"name": "ada"}) == excerpt("<ADA> and what follows", 12) + "."


def test_marks_cannot_be_filtered_before_they_are_known() -> None:
    placeholders = Placeholders()
    (first, _), *_ = placeholders.segments("title")
    with pytest.raises(NotCompilableError):
        deferrable(wrap)(f"It says {first}")


def test_placeholders_of_another_rendering_are_not_taken() -> None:
    text = f"It says {Placeholders().new('gone')}"
    with pytest.raises(NotCompilableError):
        deferrable(wrap)(text)


def test_compiled_templates_share_what_was_encoded() -> None:
    shared, placeholders = SharedEncodings(), Placeholders()
    one = compile_template(f"a {placeholders.new('x')}\n", placeholders, shared)
    other = compile_template(
        f"b {placeholders.new('x')} {deferrable(str.upper)(placeholders.new('x'))}\n",
        placeholders,
        shared,
    )
    encoded = shared.encode({"x": "ä", "unknown": "?"})
    assert list(encoded.values()) == [b"=C3=A4=\r\n"]
    for compiled in (one, other):
        assert compiled.fill({"x": "ä"}, dict(encoded)) == compiled.fill({"x": "ä"}, {})


def test_what_is_given_is_not_looked_for() -> None:
    shared, placeholders = SharedEncodings(always=["x"]), Placeholders()
    compiled = compile_template(
        f"a {placeholders.new('x')} {deferrable(str.upper)(placeholders.new('x'))}\n",
        placeholders,
        shared,
    )
    filled = compiled.fill({"x": "y"}, shared.encode({"x": "y"})).replace(b"=\r\n", b"")
    assert filled == b"a y Y\r\n"
    with pytest.raises(KeyError):
        compiled.fill({"x": "y"}, {})


def test_what_filters_make_of_a_value_is_ready_too() -> None:
    seen: list[str] = []

    def loud(text: str, marks: object = None) -> str:
        seen.append(text)
        return text.upper()

    shared, placeholders = SharedEncodings(always=["x"], filtered=["x"]), Placeholders()
    templates = [
        compile_template(f"{deferrable(loud)(placeholders.new('x'))} {end}\n", placeholders, shared)
        for end in "ab"
    ]
    encoded = shared.encode({"x": "hm"})
    filled = [compiled.fill({"x": "hm"}, dict(encoded)) for compiled in templates * 2]
    assert filled[:2] == filled[2:] == [b"HM=\r\n a\r\n", b"HM=\r\n b\r\n"]
    assert seen == ["hm"]
    unkept = deferrable(loud)(placeholders.new("x"), ["no hash"])
    compiled = compile_template(f"{unkept}\n", placeholders, shared)
    assert compiled.fill({"x": "hm"}, {}) == b"HM=\r\n\r\n"
    assert seen == ["hm", "hm"]
    compiled = compile_template(f"{deferrable(loud)(f'{unkept}!')}\n", placeholders, shared)
    assert compiled.fill({"x": "hm"}, {}) == b"HM!=\r\n\r\n"


def test_filters_with_words_of_each_paper_fill_no_memory() -> None:
    shared, placeholders = SharedEncodings(always=["x"], filtered=["x"]), Placeholders()
    cut = deferrable(lambda text, word: text.replace(word, "…"))
    for number in range(100):
        compiled = compile_template(
            f"{cut(placeholders.new('x'), str(number))}\n", placeholders, shared
        )
        values = {"x": f"it has {number} of them"}
        filled = compiled.fill(values, shared.encode(values))
        assert quopri.decodestring(filled).decode() == "it has … of them\r\n"
    assert len(shared) < 100


@pytest.mark.parametrize("names", [[], ["x"], ["x", "x", "y"]])
def test_templates_of_any_number_of_placeholders(names: list[str]) -> None:
    placeholders = Placeholders()
    compiled = compile_template(
        "100 % " + " ".join(placeholders.new(name).__str__() for name in names),
        placeholders,
        SharedEncodings(),
    )
    filled = compiled.fill({"x": "%b", "y": "2"}, {}).replace(b"=\r\n", b"").decode()
    assert filled == "100 % " + " ".join({"x": "%b", "y": "2"}[name] for name in names)
