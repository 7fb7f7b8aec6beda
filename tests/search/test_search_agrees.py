"""A search finds what the keywords find that it fills the subscribe form with."""

from dataclasses import replace
from functools import cache

import pytest

from digestmail.domain import Paper
from digestmail.relevance.features.keyword_index import KeywordIndex
from digestmail.relevance.features.terms import Features
from digestmail.resources import SAMPLE_PAPERS
from digestmail.search import Index, matches, parsed
from digestmail.sources.files.file import FileSource
from digestmail.text import expression


@cache
def papers() -> list[Paper]:
    """Return the papers of the demo, and some in spellings that papers differ in."""
    read = [p for p in FileSource(SAMPLE_PAPERS, "demo").fetch(None) if isinstance(p, Paper)]
    spellings = [
        "Pre-training and fine-tuning of large models",
        "Pretraining at scale with finetuned models",
        "Data sets for colour vision", "A dataset of color images",
        "Few-shot learners", "Fewshot learning", "GPT-4 and GPT4", "GPT-3 alone",
        "Re-ranking of passages", "Reranking for retrieval", "X-ray imaging", "Xray crystals",
        "Schrödinger's cat", "The Schroedinger equation", "α-synuclein", "Alpha synuclein folds",
        "Transformers transform time-series", "Time series of graphs",
    ]  # fmt: skip
    read += [Paper(key=f"t:{n}", title=title) for n, title in enumerate(spellings)]
    return [replace(paper, id=n, authors=()) for n, paper in enumerate(read, 1)]


@cache
def index() -> Index:
    index = Index()
    index.add(zip(papers(), Features().terms(papers()), strict=True))
    return index


def searched(text: str) -> set[int]:
    """Return the papers that the page says have all that was searched for."""
    query = parsed(text)
    hits = index().search(query, limit=1000)
    exact = [papers()[paper_id - 1] for paper_id in hits.ids[: hits.exact]]
    return {
        paper.stored_id
        for paper in exact
        if any(matches(paper, e) for e in query.alternatives)
        and not any(matches(paper, e) for e in query.excluded)
    }


def subscribed(text: str) -> set[int]:
    """Return the papers in which the keywords stand that the form is filled with."""
    query, keywords = parsed(text), KeywordIndex(papers())
    wanted = keywords.matches([expression(k) for k in query.keywords], families=False)
    barred = keywords.matches([expression(k) for k in query.excluded_keywords], families=False)
    return {at + 1 for at in wanted.indices} - {at + 1 for at in barred.indices}


@pytest.mark.parametrize(
    "text",
    [
        "pretraining", "pre-training", "dataset", "colour", "colour OR pretraining", "few-shot",
        "fewshot", "reranking", "re-ranking", "x-ray", "xray", "schrodinger", "schroedinger",
        "schrödinger", "timeseries", "model* NOT large", "transform*", "(graph OR image) AND data*",
        '"large models"', '"time series" OR colour', "learning -deep", "models, images",
        'networks NOT ("neural networks" OR graph)', "GPT-4", "GPT4",
    ],
)  # fmt: skip
def test_words_and_operators_find_the_same(text: str) -> None:
    assert searched(text) == subscribed(text) != set()


@pytest.mark.parametrize("text", ["data sets", "time series", "fine tuning", "α-synuclein"])
def test_words_beside_each_other_are_among_words_anywhere(text: str) -> None:
    assert searched(text) >= subscribed(text) != set()
