import quopri

import pytest

from digestmail.quoted_printable import quoted_printable


@pytest.mark.parametrize(
    "text",
    [
        b".",
        b"..\n.\n",
        b".\r\n..\r\nto be. Or not.\r\n",
        b"plain. And simple.\n",
        b"x" * 75 + b".x",
        b"x" * 74 + b". x",
        b"." * 500,
        "ü.".encode() * 100,
        b"=2E. =\n.",
        b"",
    ],
)
def test_no_line_begins_with_a_dot_or_is_too_long(text: bytes) -> None:
    lines = quoted_printable(text).splitlines()
    assert not any(line.startswith(b".") for line in lines)
    assert max(map(len, lines), default=0) <= 76
    assert quopri.decodestring(quoted_printable(text)) == text


def test_dots_that_nobody_minds_stay() -> None:
    assert quoted_printable(b"One. Two.\n") == b"One. Two.\n"
