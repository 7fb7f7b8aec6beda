"""Keywords as a search box reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.text import Expression, KeywordError, Mistake, expression, parsed_keyword


def written(read: Expression) -> str:
    """An expression with all its parentheses."""
    if read.phrase:
        return read.text
    if read.operator == "not":
        return f"-{written(read.operands[0])}"
    return "(" + f" {read.operator} ".join(map(written, read.operands)) + ")"


@pytest.mark.parametrize(
    ("typed", "meaning"),
    [
        ("graph neural network", "graph neural network"),
        ("lie AND (LLM OR VLM) NOT medical", "(lie and (LLM or VLM) and -medical)"),
        ("a b OR c AND d", "(a b or (c and d))"), ("ship -space", "(ship and -space)"),
        ('"language model" -medical', '("language model" and -medical)'),
        ("ship -space travel", "(ship and -space and travel)"),
        ("a -b c -d", "(a and -b and c and -d)"),
        ("gene “a b\"", "(gene and “a b\")"),
        ("x AND NOT (a OR b)", "(x and -(a or b))"), ("gene -“a b”", "(gene and -“a b”)"),
        ("((a b) OR c) d", "((a b or c) and d)"), ("a and b or c", "a and b or c"),
        ("Fe(II) complexes", "Fe(II) complexes"), ("k-means", "k-means"), ("diffus*", "diffus*"),
        ("graph neural network (GNN)", "(graph neural network or GNN)"),
        ("neural network (deep)", "(neural network and deep)"),
    ],
)  # fmt: skip
def test_a_keyword_is_read_as_in_a_search_box(typed: str, meaning: str) -> None:
    assert written(parsed_keyword(typed)) == meaning


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ("(a OR b", Mistake.PARENTHESES), ("a OR b)", Mistake.PARENTHESES),
        ("AND", Mistake.NOTHING_JOINED), ("a AND", Mistake.NOTHING_JOINED),
        ("OR a", Mistake.NOTHING_JOINED), ("a AND OR b", Mistake.NOTHING_JOINED),
        ("NOT a", Mistake.ONLY_NOT), ("-a", Mistake.ONLY_NOT), ("NOT a OR NOT b", Mistake.ONLY_NOT),
        ("a*", Mistake.SHORT_BEGINNING), ("*", Mistake.SHORT_BEGINNING), ("??", Mistake.NO_WORD),
        ("(" * 50 + "a" + ")" * 50, Mistake.PARENTHESES),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_named(typed: str, mistake: Mistake) -> None:
    with pytest.raises(KeywordError) as raised:
        parsed_keyword(typed)
    assert raised.value.mistake is mistake


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("a b", "a b"), ("a OR b AND c", "a OR (b AND c)"), ("-x a", "a NOT x"),
        ('"a b" c -(d OR e)', '"a b" AND c NOT (d OR e)'), ("(a OR b) cat*", "(a OR b) AND cat*"),
    ],
)  # fmt: skip
def test_an_expression_is_written_as_one_would_type_it(typed: str, text: str) -> None:
    read = parsed_keyword(typed)
    assert str(read) == text
    assert parsed_keyword(str(read)) == parsed_keyword(text)


@given(st.text('ab"()-* ANDORT“”', max_size=30))
def test_any_text_is_understood_or_refused(typed: str) -> None:
    try:
        assert parsed_keyword(typed).phrases
    except KeywordError:
        expression(typed)  # stored before it was refused: taken word for word


def test_what_is_not_wanted_is_no_text_of_a_wish() -> None:
    assert expression('"a b" OR cat* NOT d').texts == ("a b", "cat")
