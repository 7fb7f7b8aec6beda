import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.sources.normalise.clean import clean

_PIECES = (
    r"<b> </b> <script> </script> <sub> </sub> <p <br/> <!-- --> &lt; &amp; &#0; &#xD800; <jats:p>"
    r" </jats:p> </a> <style> </style> \" ' = > < 2 x"
)
MARKUP = st.lists(
    st.sampled_from([*_PIECES.split(), " ", "<a\xa0href='x'>", "\x00", "\u202e", "\ud800"])
).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "a<b",
        "p < 0.05 and n > 300",
        "if a <b and c> d then",
        "a <b and b> c </b",
        "a framework called <projektor> and <think>ing</think>",
        "R&D at AT&T; the SE&R track & more",
        r"$a<b$ \& $\alpha_{<i>}$ \'e 50\% {\it x}",
        "the mean <i> of spins",
        "the <i> operator's </i",
        "<script> tags in prompts",
        "x <!-- y",
        "&nosuch; &notit;",
    ],
)
def test_what_is_no_markup_survives(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("One.<br>Two.<br/>Three", "One. Two. Three"),
        (
            "<jats:title>A</jats:title><jats:p>Of <jats:italic>E. coli</jats:italic></jats:p>",
            "A Of E. coli",
        ),
        ('see <a href="https://example.org/?a=1&amp;b=2" rel=x>here</a>', "see here"),
        ("a<script>alert(1 < 2)</script>b<style>p { }</style>c", "a b c"),
        ("<title>About <b>x</b></title> y", "About x y"),
        ("<math><mi>x</mi><mo>&lt;</mo><mn>2</mn></math>", "x<2"),
        ("H<sub>2</sub>O, 10<sup>−3</sup>, Ca<SUP>2+</SUP>", "H₂O, 10⁻³, Ca²⁺"),
        ("x<sub>i</sub> and 4<sup>th</sup>", "xi and 4th"),
        ("<b>p < 0.05 & n > 300</b>", "p < 0.05 & n > 300"),
        ("&lt;i&gt;E. coli&lt;/i&gt;", "E. coli"),
        ("<<b>b</b>r>x", "x"),
        ("a<!-- [if mso] > --> b", "a b"),
    ],
)
def test_markup_is_removed(raw: str, expected: str) -> None:
    assert clean(raw) == expected


def test_entities_are_decoded_once() -> None:
    assert clean("M&uuml;ller &amp; S&#248;n &#x2264; &amp;lt;") == "Müller & Søn ≤ &lt;"
    assert clean("<b>&amp;amp;</b>") == "&amp;"


def test_controls_and_overrides_are_removed() -> None:
    assert clean("a\x00b\n\tc \u202egpj.exe&#8238;&#x1b;") == "a b c gpj.exe"


@pytest.mark.parametrize("piece", ["<b a='", "<b ", "<!--", "&", "<sub>", "</b><b>", "<b a=1 "])
def test_hostile_text_takes_no_long(piece: str) -> None:
    text = clean(piece * 20_000)
    assert len(text) <= len(piece) * 20_000


@given(st.one_of(st.text(), MARKUP))
def test_never_fails_nor_leaves_controls(raw: str) -> None:
    text = clean(raw)
    assert text == " ".join(text.split())
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


@given(MARKUP)
def test_scripts_go_with_their_content(raw: str) -> None:
    assert "alert" not in clean(f"<script>alert</script>{raw}")
