"""Spellings: a keyword is found in each spelling of its words, and not in other words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.text import phrase, readable, spans, stem_of, words
from digestmail.text.spelling import american, family, greek_names

PAIRS = [
    line.split("\t")
    for line in (Path(__file__).parent / "spelling_pairs.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def is_found(keyword: str, text: str, *, families: bool = False) -> bool:
    return bool(spans(readable(text), [phrase(keyword)], families=families))


@pytest.mark.parametrize(("keyword", "text", "kind"), PAIRS)
def test_a_keyword_is_found_in_each_spelling(keyword: str, text: str, kind: str) -> None:
    assert is_found(keyword, text, families="family" in kind)


def test_one_spelling_is_found_in_the_other_both_ways() -> None:
    alone = [(k, t) for k, t, kind in PAIRS if len(words(k)) == len(words(t)) == 1]
    missed = [(t, k) for k, t in alone if not is_found(t, k, families=True)]
    assert len(alone) > 80
    assert missed == []


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("IT", "it is shown"), ("AI", "Ai Morikawa"), ("WHO", "patients who"), ("CLIP", "a clip"),
        ("ART", "the state of the art"), ("SAM", "Sam Holloway"), ("R", "an R&D lab"),
        ("MAP", "a map of genes"), ("DINO", "Dino Rossi"), ("PET", "a pet animal"),
        ("CAT", "cats"), ("GAP", "the gap between"), ("RAG dolls", "a rag doll"), ("C", "c. 1900"),
        ("US", "let us show"), ("MASS", "the mass of stars"), ("STEM education", "stem education"),
    ],
)  # fmt: skip
def test_an_acronym_is_no_common_word(keyword: str, text: str) -> None:
    assert not is_found(keyword, text, families=True)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("IT", "the IT sector"), ("AI", "Generative AI"), ("AIs", "AI"), ("CLIP", "CLIP-based"),
        ("LIDAR", "lidar scans"), ("DNA", "dna"), ("LLM", "llm agents"), ("clip", "CLIP"),
        ("GENE THERAPY", "gene therapy"), ("X-ray", "x-ray"), ("R", "written in R"),
        ("R&D", "an R&D lab"), ("LASER", "a laser"), ("MACHINE LEARNING", "machine learning"),
        ("vitamin C", "vitamin C"), ("GANs", "a GAN"),
    ],
)  # fmt: skip
def test_an_acronym_is_found_in_capitals(keyword: str, text: str) -> None:
    assert is_found(keyword, text)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("away", "in a way"), ("therapist", "the rapist"), ("isin", "it is in"), ("tobe", "to be"),
        ("forth", "fourth"), ("morning", "mourning"), ("filing", "filling"), ("cane", "canoe"),
        ("PM25", "PM2.5"), ("12", "1 2"), ("pet", "poet"), ("nonlinear", "linear"),
        ("C", "C++"), ("diffusion", "effusion"), ("tumour", "humour"), ("for", "four"),
    ],
)  # fmt: skip
def test_other_words_are_not_found(keyword: str, text: str) -> None:
    assert not is_found(keyword, text, families=True)


@pytest.mark.parametrize(
    "members",
    [
        ("explain", "explainable", "explanation", "explanations", "explained"),
        ("classify", "classification", "classifier"), ("stable", "stability"),
        ("describe", "description"), ("evolve", "evolution"), ("predict", "prediction"),
        ("retrieve", "retrieval"), ("apply", "application"), ("decide", "decision"),
        ("analysis", "analyse", "analyze"), ("synthesis", "synthesize"), ("reduce", "reduction"),
    ],
)  # fmt: skip
def test_a_family_has_one_root(members: tuple[str, ...]) -> None:
    assert len({family(stem_of(member)) for member in members}) == 1


def test_a_family_matches_only_where_it_is_asked_for() -> None:
    assert not is_found("explanation", "explainable models")
    assert is_found("explanation", "explainable models", families=True)
    assert not is_found('"explanation"', "explainable models", families=True)


def test_the_exact_words_have_one_spelling() -> None:
    assert not is_found('"colour"', "color")
    assert not is_found('"pre-training"', "pretraining")
    assert is_found('"colour"', "Colour")


def test_greek_symbols_have_names_and_greek_words_none() -> None:
    assert greek_names("tnfα") == "tnfalpha"
    assert greek_names("λcdm") == "lambdacdm"
    assert greek_names("λόγος") == "λόγος"


@given(st.text("abcdegilmorsuyz", min_size=1, max_size=14))
def test_an_american_spelling_is_a_word(word: str) -> None:
    assert american(word)
    assert is_found(word, word)
