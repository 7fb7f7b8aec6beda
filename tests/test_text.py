"""Text: words, keywords found, excerpts cut."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.text import Phrase, excerpt, one_line, phrase, readable, singular, spans, words

prose = st.text(st.sampled_from("ab cd's-. E+é\u0301,_(1)"), max_size=60)
keywords = st.lists(st.one_of(prose, prose.map('"{}"'.format)), max_size=6)


def controls(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cs")}


def found(text: str, *wanted: str) -> list[str]:
    return [text[start:end] for start, end in spans(text, map(phrase, wanted))]


# --- one line --------------------------------------------------------------------------------


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_one_line_leaves_no_control_and_no_double_blank(text: str) -> None:
    line = one_line(text)
    assert not controls(line)
    assert line == " ".join(line.split())
    assert one_line(line) == line


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u2028", "\x85", "\r\n", "\ud800", "\ufeff"])
def test_one_line_puts_a_blank_for_what_breaks_lines(hidden: str) -> None:
    assert one_line(f" a{hidden}b ") == "a b"


def test_one_line_takes_direction_overrides_away() -> None:
    assert one_line("evil\u202egpj.exe\u2069") == "evilgpj.exe"


# --- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("networks", "network"), ("analyses", "analysis"), ("hypotheses", "hypothesis"),
        ("queries", "query"), ("classes", "class"), ("boxes", "box"), ("approaches", "approach"),
        ("losses", "loss"), ("indices", "index"), ("viruses", "virus"), ("gpus", "gpu"),
        ("caches", "cache"), ("corpora", "corpus"), ("movies", "movie"), ("spectra", "spectrum"),
        ("diagnoses", "diagnosis"), ("axes", "axis"), ("vaes", "vae"), ("llms", "llm"),
        ("buses", "bus"), ("atlases", "atlas"), ("larvae", "larva"), ("automata", "automaton"),
    ],
)  # fmt: skip
def test_a_plural_meets_its_singular(plural: str, expected: str) -> None:
    assert singular(plural) == singular(expected) == expected


@pytest.mark.parametrize(
    "word",
    ["bias", "lens", "virus", "class", "analysis", "gas", "aids", "us", "news", "mars", "bayes"],
)
def test_what_only_looks_like_a_plural_has_one_form(word: str) -> None:
    assert singular(word) == word


@given(st.text(st.characters(codec="ascii", categories=["Ll"]), max_size=12))
def test_the_singular_of_a_singular_is_itself(word: str) -> None:
    assert singular(singular(word)) == singular(word)


@given(st.text())
def test_words_stand_where_they_say(text: str) -> None:
    end = 0
    for word in words(text):
        assert end <= word.start < word.end <= len(text)
        assert word.plain
        assert word.stem
        end = word.end


@pytest.mark.parametrize("text", ["Müller", "Mu\u0308ller", "MÜLLER"])
def test_accents_make_no_difference_however_they_are_coded(text: str) -> None:
    assert [word.plain for word in words(text)] == ["muller"]


def test_letters_without_decomposition_are_folded_too() -> None:
    assert [w.plain for w in words("Łukasz Øre Straße œuvre")] == [
        "lukasz",
        "ore",
        "strasse",
        "oeuvre",
    ]


# --- keywords --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "keyword", "hit"),
    [
        ("Graph Neural Networks", "graph neural network", "Graph Neural Networks"),
        ("a graph-neural network", "graph neural networks", "graph-neural network"),
        ("retrieval augmented", "retrieval-augmented", "retrieval augmented"),
        ("El Niño", "el nino", "El Niño"),
        ("the C++ language", "c++", "C++"),
        ("code in C#.", "c#", "C#"),
        ("大语言模型的检索增强", "大语言模型", "大语言模型"),
        ("super Yang–Mills with 𝒩=4", "N=4", "𝒩=4"),
        ("large language models", '"large language models"', "large language models"),
        ("Schrödinger bridges", r"Schr\"odinger bridge", "Schrödinger bridges"),
    ],
)
def test_a_keyword_is_found(text: str, keyword: str, hit: str) -> None:
    assert found(text, keyword) == [hit]


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("graphs and neural networks", "graph neural network"),
        ("transformerless", "transformer"),
        ("large language model", '"large language models"'),
        ("the C language", "c++"),
        ("the C language", "c#"),
        ("a C-arm", "c#"),
        ("code in C#", "c"),
        ("a new method", "news"),
        ("小语言模型", "大语言模型"),
        ("anything", '""'),
        ("anything", " , - "),
    ],
)
def test_a_keyword_is_not_found(text: str, keyword: str) -> None:
    assert found(text, keyword) == []


def test_the_longest_keyword_wins_and_none_overlap() -> None:
    text = "graph neural networks, neural networks and graphs"
    assert found(text, "neural network", "graph", "graph neural network") == [
        "graph neural networks",
        "neural networks",
        "graphs",
    ]


@pytest.mark.parametrize("quoted", ['"Word embeddings"', "“word embeddings”"])
def test_quotes_ask_for_the_exact_words(quoted: str) -> None:
    assert phrase(quoted) == Phrase(("word", "embeddings"), exact=True)


@given(prose, keywords)
def test_spans_are_in_order_in_range_and_really_hits(text: str, wanted: list[str]) -> None:
    phrases = {phrase(keyword) for keyword in wanted}
    end = 0
    for start, stop in spans(text, phrases):
        assert end <= start < stop <= len(text)
        assert spans(text[start:stop], phrases)
        end = stop


@given(prose)
def test_a_text_is_found_in_itself(text: str) -> None:
    text = readable(text)
    wanted = phrase(text)
    assert bool(spans(text, [wanted])) == bool(wanted.words)


# --- excerpts --------------------------------------------------------------------------------


@given(st.text(st.sampled_from("ab. E!?'(1"), max_size=80), st.integers(0, 60))
def test_an_excerpt_is_a_beginning_within_its_limit(text: str, limit: int) -> None:
    cut = excerpt(text, limit)
    assert len(cut) <= max(limit, 1)
    assert text.startswith(cut.removesuffix("…"))
    assert cut == text or len(text) > limit


@given(st.text(max_size=300), st.integers(20, 200))
def test_an_excerpt_keeps_at_least_a_third(text: str, limit: int) -> None:
    short = text.strip()
    assert len(excerpt(short, limit)) >= min(len(short), limit // 3) or " " * 3 in short


def test_an_excerpt_ends_with_a_sentence_where_one_is_near() -> None:
    assert excerpt("One two three. Four five six. Seven.", 30) == "One two three. Four five six."
    assert excerpt("One two three. Four five six.", 15) == "One two three."
    assert excerpt("Is it (really)? Yes, “it is.” And then more words.", 32).endswith("it is.”")


@pytest.mark.parametrize(
    "head",
    [
        "We follow Smith et al.",
        "Some methods, e.g.",
        "As shown in Fig.",
        "By the late J.",
        "See Eq.",
    ],
)
def test_an_abbreviation_ends_no_sentence(head: str) -> None:
    cut = excerpt(f"{head} Two more words and then a long, long tail of them", len(head) + 6)
    assert cut == f"{head} Two…"


def test_a_cut_within_a_sentence_ends_after_a_word() -> None:
    assert excerpt("one two, three four five", 10) == "one two…"
    assert excerpt("x" * 100, 10) == "x" * 5 + "…"


@pytest.mark.parametrize("text", ["A b. " * 40_000, "a." + " " * 200_000 + "b", ".'" * 100_000])
def test_an_excerpt_costs_no_more_than_its_length(text: str) -> None:
    start = time.process_time()
    excerpt(text, len(text) - 1)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("piece", ["a", "al", "all", "ae", "é", "α", "ies", "A", "a1", "a-", "中"])
def test_words_cost_no_more_than_their_length(piece: str) -> None:
    start = time.process_time()
    words(piece * (50_000 // len(piece)))
    assert time.process_time() - start < 1
