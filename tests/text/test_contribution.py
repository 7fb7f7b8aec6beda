"""What a paper contributes is said in one sentence, and that one is shown."""

import pytest

from digestmail.text.contribution import contribution, contribution_line, summary

OPENING = "Sea ice melts. Models of it, e.g. those by Smith et al. are slow. "


def sentence(abstract: str) -> str:
    """Return the sentence of the contribution; empty if there is none."""
    span = contribution(abstract)
    return abstract[span.start : span.end].strip() if span else ""


@pytest.mark.parametrize(
    "wanted",
    [
        "We introduce IceNet, a model of melt ponds.",
        "In this paper, we present a survey of melt ponds.",
        "This paper proposes a faster solver.",
        "To close this gap, we therefore propose a faster solver.",
        "Here we show that melt ponds grow in July.",
        "Our new method achieves the same in half the time.",
        "I investigated how melt ponds grow.",
        "A faster solver is proposed.",
        "In this paper, we break down the design of solvers.",
        "This paper democratizes solvers.",
        "The authors report the first measurements of melt ponds.",
    ],
)
def test_the_sentence_of_the_contribution_is_found(wanted: str) -> None:
    assert sentence(f"{OPENING}{wanted} It runs on a laptop.") == wanted


@pytest.mark.parametrize(
    "abstract",
    ["", "Sea ice melts.", "Previous studies have shown that ice melts. Wepresent is no word."],
)
def test_an_abstract_without_one_has_none(abstract: str) -> None:
    assert contribution(abstract) is None


def test_what_is_introduced_goes_before_what_is_shown() -> None:
    abstract = "We observe that solvers are slow. We propose a faster one. We show that it is."
    assert sentence(abstract) == "We propose a faster one."


def test_a_summary_begins_with_the_contribution_and_goes_on_behind_it() -> None:
    abstract = f"{OPENING}We propose a faster solver. It runs on a laptop. {'Much is left. ' * 20}"
    assert summary(abstract, 60) == "We propose a faster solver. It runs on a laptop."


def test_an_abstract_that_fits_is_shown_whole() -> None:
    abstract = f"{OPENING}We propose a faster solver."
    assert summary(abstract, len(abstract)) == abstract


def test_an_abstract_without_a_contribution_is_cut_at_its_end() -> None:
    assert summary(OPENING * 9, 70) == OPENING.strip()


def test_a_line_is_the_sentence_of_the_contribution() -> None:
    abstract = f"{OPENING}We propose a solver of melt ponds. It runs on a laptop."
    assert contribution_line(abstract, 90) == "We propose a solver of melt ponds."


def test_a_short_sentence_brings_the_next_along() -> None:
    abstract = f"{OPENING}We propose Ice. It is a solver of melt ponds. It runs on a laptop."
    assert contribution_line(abstract, 90) == "We propose Ice. It is a solver of melt ponds."


def test_a_sentence_that_comes_late_to_the_point_begins_there() -> None:
    long = "After many years in which nobody " + "looked at any of the ponds " * 5
    line = contribution_line(f"{OPENING}{long}, we propose a faster solver. It runs.", 100)
    assert line == "…\u00a0we propose a faster solver. It runs."


def test_the_line_of_an_abstract_without_a_contribution_is_its_first_sentence() -> None:
    assert contribution_line("Sea ice melts in July. Models of it are slow.", 50) == (
        "Sea ice melts in July."
    )
    assert contribution_line("", 50) == ""
