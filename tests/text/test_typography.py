"""Quotation marks, apostrophes and dashes of plain text, as they are printed."""

import pytest

from digestmail.text.typography import with_printed_quotes


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ('"Attention" is all you don\'t need', "“Attention” is all you don’t need"),
        ('They say "this".', "They say “this”."),
        ("students on 'early' stops", "students on ‘early’ stops"),
        ("Sparse features - a survey", "Sparse features – a survey"),
        ("L'Hôpital", "L’Hôpital"),
    ],
)
def test_plain_text_has_the_marks_of_print(typed: str, printed: str) -> None:
    assert with_printed_quotes(typed) == printed


@pytest.mark.parametrize(
    "text",
    ["x - y", "f'(x) and f''(x)", 'a 3" disk and 4" disk', "the 1990's", '<a href="x">b</a>'],
)
def test_what_may_be_a_sign_of_science_stays(text: str) -> None:
    assert with_printed_quotes(text) == text
