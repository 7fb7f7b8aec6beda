"""The papers of each profile's next mail: rules, threshold, diversity, one to learn from."""

from collections.abc import Sequence

import numpy as np

from digestmail.domain import Interest, Profile, Reason, ReasonKind, Score
from digestmail.relevance.explain.reasons import reasons_of
from digestmail.relevance.features.arrays import Dense, Indices, Mask
from digestmail.relevance.profiles.block import stands
from digestmail.relevance.scoring.diversity import exploration
from digestmail.relevance.scoring.evidence import Evidence, Ground
from digestmail.relevance.scoring.top_k import Picker

_LEAST_VALUE = 0.0001  # at any threshold something must speak for a paper; less rounds to nothing

_Followed = Sequence[dict[int, list[str]]]


def scores_of(evidence: Evidence, picker: Picker, *, explores: bool) -> list[tuple[Score, ...]]:
    """Return the picks of each profile of a block, with their reasons."""
    interests, filters = evidence.block.interests, evidence.ground.filters
    values = evidence.values
    followed = [filters.authors.of(interest) for interest in interests]
    allowed = np.array([_allowed(evidence, row) for row in range(len(interests))])
    eligible = allowed & np.array([_eligible(evidence, row) for row in range(len(interests))])
    picked = _picked(evidence, values, picker, allowed, eligible, followed)
    explored = [
        _explored(evidence, row, values[row], eligible[row], papers) if explores else None
        for row, papers in enumerate(picked)
    ]
    return _scores(evidence, values, picked, explored, followed)


def _allowed(evidence: Evidence, row: int) -> Mask:
    """Return what may be shown: unseen, without an excluded keyword or category."""
    interest, filters = evidence.block.interests[row], evidence.ground.filters
    barred = evidence.block.keywords.excluded[row].toarray().ravel() > 0
    allowed: Mask = filters.unseen(interest) & ~barred & ~filters.excluded(interest)
    return allowed


def _eligible(evidence: Evidence, row: int) -> Mask:
    """Return the papers of the chosen categories that have a required keyword."""
    interest = evidence.block.interests[row]
    eligible = evidence.ground.filters.chosen(interest)
    if interest.profile.required_keywords:
        eligible = eligible & (evidence.block.keywords.required[row].toarray().ravel() > 0)
    return eligible


def permitted(profile: Profile, ground: Ground) -> Mask:
    """Return the papers that a profile's hard rules permit."""
    interest, filters, day = Interest(profile=profile), ground.filters, ground.day
    mask: Mask = filters.chosen(interest) & ~filters.excluded(interest)
    if profile.excluded_keywords:
        mask = mask & ~stands(day, profile.excluded_keywords, families=False)
    if profile.required_keywords:
        mask = mask & stands(day, profile.required_keywords, families=True)
    return mask


def _picked(
    evidence: Evidence,
    values: Dense,
    picker: Picker,
    allowed: Mask,
    eligible: Mask,
    followed: _Followed,
) -> list[Indices]:
    """Return each profile's papers, those of followed authors first, each part best first.

    Followed authors' papers are all there, however many; the others take what room they leave.
    """
    profiles = [interest.profile for interest in evidence.block.interests]
    thresholds = np.array([[profile.threshold] for profile in profiles], dtype=np.float32)
    passing = np.where(eligible & (values >= np.maximum(thresholds, _LEAST_VALUE)), values, -1)
    pinned = [[p for p in papers if allowed[row, p]] for row, papers in enumerate(followed)]
    for row, papers in enumerate(pinned):
        passing[row, papers] = -1
    room = [
        max(p.max_papers - len(pinned_papers), 0)
        for p, pinned_papers in zip(profiles, pinned, strict=True)
    ]
    picks = []
    for row, chosen in enumerate(picker.chosen(passing, np.array(room, dtype=np.int64))):
        pinned_papers = np.array(
            sorted(pinned[row], key=lambda p: (-values[row, p], p)), dtype=np.int64
        )
        picks.append(np.concatenate([pinned_papers, chosen[chosen >= 0]]))
    return picks


def _explored(
    evidence: Evidence, row: int, values: Dense, eligible: Mask, picked: Indices
) -> int | None:
    """Return the paper that a profile is shown to learn from, where there is room."""
    profile = evidence.block.interests[row].profile
    if len(picked) >= profile.max_papers:
        return None
    return exploration(values, eligible, picked, profile.threshold, evidence.ground.day.units)


def _scores(
    evidence: Evidence,
    values: Dense,
    picked: Sequence[Indices],
    explored: Sequence[int | None],
    followed: _Followed,
) -> list[tuple[Score, ...]]:
    """Return the picks with their reasons; a paper without a reason is not picked."""
    pairs = [
        (row, paper)
        for row, papers in enumerate(picked)
        for paper in (*papers.tolist(), *([] if explored[row] is None else [explored[row]]))
    ]
    scores: list[list[Score]] = [[] for _ in picked]
    for (row, paper), reasons in zip(pairs, reasons_of(evidence, pairs, followed), strict=True):
        displayed = _as_exploration(reasons) if paper == explored[row] else reasons
        if displayed:
            value = round(float(values[row, paper]), 4)
            scores[row].append(Score(paper, value, paper in followed[row], tuple(displayed)))
    return [tuple(row) for row in scores]


def _as_exploration(reasons: Sequence[Reason]) -> list[Reason]:
    """Return the one reason of a paper that is shown to learn from."""
    kinds = (ReasonKind.TERMS, ReasonKind.KEYWORD, ReasonKind.MEANING, ReasonKind.SIMILAR)
    details = [
        d for kind in kinds for reason in reasons if reason.kind is kind for d in reason.details
    ]
    return [Reason(ReasonKind.EXPLORATION, tuple(details[:2]), 0.0)] if details else []
