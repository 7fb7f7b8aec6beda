import pytest

from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.headings import with_plain_headings


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<jats:title>Abstract</jats:title><jats:p>We pour.</jats:p>", "We pour."),
        ("<h4>Methods:</h4>We pour. <h4>Results</h4>Tea.", "Methods: We pour. Results: Tea."),
        ("<title>SUMMARY</title>We pour.", "We pour."),
        ('<jats:title id="t">A <jats:italic>b</jats:italic></jats:title>c', "A b: c"),
        ("<h4></h4>We pour.", "We pour."),
        ("a <h4 b and c </h4> d", "a <h4 b and c </h4> d"),
        ("a < b", "a < b"),
        ("", ""),
    ],
)
def test_headings_are_words_of_the_text(markup: str, text: str) -> None:
    assert clean(with_plain_headings(markup)) == text


def test_a_hostile_text_takes_no_long() -> None:
    assert with_plain_headings("<h4>" * 20_000)
