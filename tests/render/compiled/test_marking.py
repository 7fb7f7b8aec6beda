"""A marked text is the same however its pieces are made."""

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.render.cleaning import Spans
from digestmail.render.compiled.marking import filtered_marks, sliced_marks
from digestmail.render.encoding import escaped

TEXTS = st.text(st.sampled_from("ab. =&<>\"'\xa0é—𝔽\t"), max_size=250)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, Spans]:
    text = draw(TEXTS)
    ends = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    return text, tuple(zip(ends[::2], ends[1::2], strict=False))


@pytest.mark.parametrize("fast", [True, False])
@given(case=marked())
def test_pieces_make_the_text_with_its_marks(fast: bool, case: tuple[str, Spans]) -> None:
    text, spans = case
    around = "<mark>", "</mark>"
    encode = sliced_marks(text, *around) if fast else filtered_marks(text, escaped, *around)
    printed = encode(spans)
    expected, end = "", 0
    for start, stop in spans:
        expected += f"{escaped(text[end:start])}<mark>{escaped(text[start:stop])}</mark>"
        end = stop
    expected += escaped(text[end:])
    assert quopri.decodestring(printed).decode() == expected
    lines = printed.split(b"\r\n")
    assert lines.pop() == b""  # the last one is ended
    assert all(len(line) <= 76 and line.endswith(b"=") for line in lines)
    assert not any(line.startswith(b".") for line in lines)


def test_pieces_are_finished_one_by_one() -> None:
    encode = filtered_marks("one two three", str.upper, "<b>", "</b>")
    assert quopri.decodestring(encode(((4, 7),))).decode() == "ONE <b>TWO</b> THREE"
