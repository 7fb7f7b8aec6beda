"""Keywords in papers: spellings, families, acronyms and operators, and how often they stand."""

import pytest

from digestmail.domain import Interest, Paper, Profile
from digestmail.relevance import Model
from digestmail.relevance.features.keyword_index import KeywordIndex
from digestmail.relevance.parameters import PARAMETERS
from digestmail.text import expression


def paper(key: str, title: str, abstract: str = "") -> Paper:
    return Paper(key=f"t:{key}", title=title, abstract=abstract)


PAPERS = [
    paper("0", "Tumor growth", "We study behavior with pretraining."),
    paper("1", "A graph neural network (GNN) for crystals", "A graph neural network (GNN)."),
    paper("2", "Faster GNN training", "It works."),
    paper("3", "Explainable models", "Large language models (LLMs) hallucinate."),
    paper("4", "Hallucination of LLMs in medical reports", "None."),
    paper("5", "Diffusing particles", "Diffusion and diffusive motion."),
]
INDEX = KeywordIndex(PAPERS)


def papers_with(keyword: str, *, families: bool = True) -> list[int]:
    columns = INDEX.matches([expression(keyword)], families=families).nonzero()[1]
    return [int(column) for column in columns]


@pytest.mark.parametrize(
    ("keyword", "papers"),
    [
        ("tumour", [0]), ("behaviour", [0]), ("pre-training", [0]), ("IT", []), ("it", [2]),
        ("graph neural networks", [1, 2]), ("GNN", [1, 2]), ("large language model", [3, 4]),
        ("explanation", [3]), ('"explanation"', []), ("diffus*", [5]),
        ("LLM NOT medical", [3]), ("LLM -medical", [3]), ("tumour OR GNN", [0, 1, 2]),
        ("(tumour OR LLM) AND medical", [4]), ("LLM AND NOT (medical OR explainable)", []),
    ],
)  # fmt: skip
def test_a_keyword_stands_in_papers(keyword: str, papers: list[int]) -> None:
    assert papers_with(keyword) == papers


def test_a_word_of_the_family_matches_less() -> None:
    rows = INDEX.matches([expression("explainable"), expression("explanation")]).toarray()
    assert rows[1, 3] == pytest.approx(rows[0, 3] * PARAMETERS.family_match)


def test_matches_are_the_same_when_asked_again() -> None:
    keywords = [expression(k) for k in ("tumour", "LLM -medical", "tumour", "motion")]
    first = INDEX.matches(keywords).toarray()
    assert (INDEX.matches(keywords[::-1]).toarray() == first[::-1]).all()


def test_an_acronym_of_two_meanings_means_neither() -> None:
    index = KeywordIndex(
        [
            paper("a", "One", "We treat Alzheimer disease (AD)."),
            paper("b", "Two", "We run anomaly detection (AD)."),
            paper("c", "Three", "AD is hard."),
        ]
    )
    matches = index.matches([expression("anomaly detection")])
    assert matches.nonzero()[1].tolist() == [1]


def test_a_mistyped_keyword_is_told_what_was_meant() -> None:
    papers = [paper(str(n), "Reinforcement learning", "of agents") for n in range(3)]
    mistyped, right, none = KeywordIndex(papers).hits(
        ["reinforcment lerning", "Reinforcement Learning", "zzzz"]
    )
    assert (mistyped.papers, mistyped.correction) == (0, "reinforcement learning")
    assert (right.papers, right.correction) == (3, "")
    assert (none.papers, none.correction) == (0, "")


def test_hard_rules_hold_in_every_spelling() -> None:
    wish = Profile(keywords=("growth", "models", "training"), threshold=0.0)
    excluded = Profile(keywords=wish.keywords, excluded_keywords=("tumours",), threshold=0.0)
    required = Profile(keywords=wish.keywords, required_keywords=("explanation",), threshold=0.0)
    model = Model(PAPERS)
    picks = [
        {score.paper for score in model.score([Interest(profile=profile)])[0]}
        for profile in (wish, excluded, required)
    ]
    assert 0 in picks[0]
    assert 0 not in picks[1]
    assert picks[2] == {3}
