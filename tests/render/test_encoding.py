"""Values in quoted-printable, as the mails are put together from them."""

import quopri
import re

from hypothesis import example, given
from hypothesis import strategies as st

from digestmail.render.encoding import quoted

# Mostly such as stand in mails, about as long as a line.
_TEXTS = st.one_of(
    st.text(),
    st.text(alphabet="abc.=- \r\n\té", max_size=90),
    st.from_regex(r"[ -~]{70,80}", fullmatch=True),
)


@given(text=_TEXTS)
@example(".a")
@example("x" * 76)
@example("x" * 75 + ".")
@example("a ")
@example("a\rb\r\nc\r")
def test_what_is_quoted_says_the_same_in_lines_of_its_own(text: str) -> None:
    lines = quoted(text)
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert quopri.decodestring(lines).decode().replace("\r\n", "\n").replace("\r", "\n") == plain
    assert not text or lines.endswith(b"\r\n")
    for line in lines.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith(b".")
        assert re.fullmatch(rb"[\t -~]*", line)


def test_plain_values_are_left_as_they_are() -> None:
    for text in ("a", "x" * 75, "https://example.org/a.b?c#d-e_f", "one & <two> "):
        assert quoted(text) == text.encode() + b"=\r\n"
