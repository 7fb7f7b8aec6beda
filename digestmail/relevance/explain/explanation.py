"""The whole sum behind one score, and what weighs most in a profile."""

from collections.abc import Iterator

import numpy as np

from digestmail.domain import Explanation, Interest, Paper, Part
from digestmail.relevance.explain.contributions import contributions, example_shares
from digestmail.relevance.explain.term_names import term_names
from digestmail.relevance.features.arrays import scale_rows
from digestmail.relevance.profiles.block import typed_by_expression, typed_text
from digestmail.relevance.scoring.evidence import (
    Evidence,
    bare_log_odds,
    chose_categories_only,
)
from digestmail.relevance.scoring.scorers import SpaceName
from digestmail.text import readable

_ALL_TERMS = "all other terms"


def explanation(evidence: Evidence, paper: int) -> Explanation:
    """Return all summands of the one profile's log-odds for a paper, the heaviest first."""
    summands = sorted(_summands(evidence, paper), key=lambda summand: -abs(summand.weight))
    value = float(evidence.values[0, paper])
    return Explanation(value, tuple(summands), tuple(_rules(evidence, paper)))


def _summands(evidence: Evidence, paper: int) -> Iterator[Part]:
    prior = evidence.ground.prior
    prior_summands = (
        Part("trending", "upvotes", float(prior.trending[paper])),
        Part("age", "days since it was first seen", float(prior.age[paper])),
    )
    yield from (summand for summand in prior_summands if summand.weight)
    summands = list(_similarity_parts(evidence, paper))
    if category := _category_log_odds(evidence, paper):
        summands.append(Part("category", "the chosen categories", category))
    yield from summands
    remainder = float(evidence.log_odds[0, paper]) - sum(
        summand.weight for summand in (*prior_summands, *summands)
    )
    yield Part("start", "any paper", remainder)


def _category_log_odds(evidence: Evidence, paper: int) -> float:
    """Return what the chosen categories add where a profile says little else."""
    interest, ground = evidence.block.interests[0], evidence.ground
    patterns = interest.profile.categories
    if (
        not chose_categories_only(interest.profile)
        or not ground.filters.in_categories(patterns)[paper]
    ):
        return 0.0
    return float(bare_log_odds(evidence.block, ground)[0, paper]) - ground.calibration.intercept


def _similarity_parts(evidence: Evidence, paper: int) -> Iterator[Part]:
    """Yield what keywords, terms, categories, liked papers, the text and dislikes add."""
    at = np.array([paper])
    summands = contributions(evidence, np.array([0]), at)
    typed = typed_by_expression(evidence.block.interests[0].profile)
    for column, weight in zip(summands.keywords.indices, summands.keywords.data, strict=True):
        keyword = typed[evidence.block.keywords.expressions[column]]
        yield Part("keyword", keyword, float(weight))
    if evidence.ground.day.without_terms[paper]:
        return
    yield from _term_parts(evidence, paper, summands.terms.indices, summands.terms.data)
    codes = evidence.ground.categories.named(evidence.ground.day.papers[paper])
    for column, weight in zip(summands.categories.indices, summands.categories.data, strict=True):
        yield Part("field", codes.get(int(column), "?"), float(weight))
    columns, shares = example_shares(evidence, 0, at)
    for column, share in zip(columns.tolist(), shares[0].tolist(), strict=True):
        if share:
            title = readable(evidence.block.positives.papers[column].title)
            yield Part("like", title, share * float(summands.positives[0]))
    if summands.text[0]:
        yield Part("text", "close in meaning to the profile's text", float(summands.text[0]))
    if summands.negatives[0]:
        yield Part("dislike", "disliked papers", float(summands.negatives[0]))


def _term_parts(
    evidence: Evidence, paper: int, columns: np.ndarray, weights: np.ndarray
) -> Iterator[Part]:
    names = term_names(evidence.ground.day.papers[paper])
    hashes = evidence.ground.day.terms.weights.columns
    for column, weight in zip(columns, weights, strict=True):
        if weight:
            stem, _ = names.get(int(hashes[column]), (_ALL_TERMS, ""))
            yield Part("term", stem, float(weight))


def _rules(evidence: Evidence, paper: int) -> Iterator[str]:
    interest, filters = evidence.block.interests[0], evidence.ground.filters
    keywords = evidence.block.keywords
    if keywords.excluded[0, paper] > 0:
        yield "never shown: it has an excluded keyword"
    if filters.in_categories(interest.profile.excluded_categories)[paper]:
        yield "never shown: it is in an excluded category"
    if names := filters.authors.excluded(interest).get(paper):
        yield f"never shown: by {', '.join(names)}, whose papers are left out"
    if not filters.chosen(interest)[paper]:
        yield "not shown: it isn't in any of the chosen categories"
    elif interest.profile.required_keywords and not keywords.required[0, paper] > 0:
        yield "not shown: it has none of the required keywords"
    if not filters.unseen(interest)[paper]:
        yield "not shown again: it was already judged or sent"
    if names := filters.authors.of(interest).get(paper):
        yield f"shown unless excluded: by {', '.join(names)}, who you follow"


def heaviest_parts(evidence: Evidence, limit: int) -> list[Part]:
    """Return the one profile's heaviest terms and categories for papers, then those against."""
    summands = sorted(_profile_parts(evidence), key=lambda p: (-p.weight, p.kind, p.what))
    best = [summand for summand in summands[:limit] if summand.weight > 0]
    worst = [summand for summand in summands[::-1][:limit] if summand.weight < 0]
    return [*best, *worst]


def _profile_parts(evidence: Evidence) -> Iterator[Part]:
    """Yield what a title with each keyword, and a unit of each term and category, adds."""
    yield from _keyword_parts(evidence)
    names = _names(evidence)
    hashes = evidence.ground.day.terms.weights.columns
    papers = _named_papers(evidence.block.interests[0])
    codes = {c: code for p in papers for c, code in evidence.ground.categories.named(p).items()}
    weights: dict[tuple[str, str], float] = {}
    for fused in evidence.similarity.scorers:
        if fused.scorer.space not in (SpaceName.TERMS, SpaceName.CATEGORIES):
            continue
        row = scale_rows(fused.scorer.profiles, fused.gain * evidence.ground.calibration.slope)
        for column, weight in zip(row.indices.tolist(), row.data.tolist(), strict=True):
            if fused.scorer.space is SpaceName.TERMS:
                key = ("term", names.get(int(hashes[column]), ""))
            else:
                key = ("field", codes.get(column, ""))
            if key[1]:
                weights[key] = weights.get(key, 0.0) + weight
    yield from (Part(kind, name, weight) for (kind, name), weight in weights.items())


def _keyword_parts(evidence: Evidence) -> Iterator[Part]:
    parameters, factors = evidence.ground.parameters, evidence.keyword_weights
    typed = typed_by_expression(evidence.block.interests[0].profile)
    for column, factor in zip(factors.indices.tolist(), factors.data.tolist(), strict=True):
        matched = 1 - (1 - parameters.title_match) ** factor
        keyword = typed[evidence.block.keywords.expressions[column]]
        yield Part("keyword", keyword, evidence.ground.calibration.keyword * matched)


def _named_papers(interest: Interest) -> tuple[Paper, ...]:
    return (*interest.disliked, *interest.liked, *interest.seeds)


def _names(evidence: Evidence) -> dict[int, str]:
    """Return the terms of all that the profile names, by hash."""
    interest = evidence.block.interests[0]
    text = typed_text(interest.profile)
    papers = (*_named_papers(interest), Paper(key=text, title=text))
    return {h: stem for paper in papers for h, (stem, _) in term_names(paper).items()}
