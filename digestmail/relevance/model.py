"""The relevance model: hits of keywords and a linear model of each profile, added up as evidence.

Everything is a product over a block of profiles; no profile is scored by itself.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.domain import Explanation, Interest, Paper, Part, Reason, ReasonKind, Score
from digestmail.relevance.dense import Dense, Embedder
from digestmail.relevance.explain import Reasons, explanation, strongest
from digestmail.relevance.learn import Learner
from digestmail.relevance.phrases import PhraseIndex, numbered
from digestmail.relevance.picking import Picker
from digestmail.relevance.prior import Prior
from digestmail.relevance.rules import Rules
from digestmail.relevance.select import exploration, likeness
from digestmail.relevance.space import Space
from digestmail.relevance.sums import (
    Ground,
    Keywords,
    Sums,
    commonness,
    evidence_of_hits,
    value_of,
)
from digestmail.relevance.terms import Features

BLOCK = 1024  # profiles whose dense scores are held at once: 6 MB for 1,500 papers
_SPOKEN_OF = 50_000  # papers that the profiles of a block judged: 260 MB, were no two the same
_LEAST_VALUE = 0.0001  # at any threshold something must speak for a paper; less rounds to nothing

_Bools = NDArray[np.bool_]
_Indices = NDArray[np.int64]


class Model:
    """Scores the papers it was made for; the same papers and profiles give the same scores.

    ``background`` are other papers of the same sources, the more the better up to some 16,000:
    what is rare, which themes there are and what nobody asked for is learned from them.
    ``embedder``: adds likeness of meaning, see ``dense``. ``explore``: how many papers a profile
    may be shown to learn from, beside the good ones.
    """

    def __init__(
        self,
        papers: Sequence[Paper],
        background: Sequence[Paper] = (),
        *,
        features: Features | None = None,
        embedder: Embedder | None = None,
        explore: int = 0,
    ) -> None:
        self.papers = papers
        self.background = background
        self.explore = explore
        space = Space(papers, background, features or Features(), embedder)
        self._ground = Ground(papers, PhraseIndex(papers), space, Rules(papers), Prior(papers))
        self._learner = Learner(space)
        self._picker = Picker(space.texts)

    def evidence(self, interests: Sequence[Interest]) -> Dense:
        """What speaks for each paper (interests x papers), before rules."""
        blocks = [sums.considered for sums in self._blocks(interests)]
        return np.concatenate([*blocks, np.zeros((0, len(self.papers)), dtype=np.float32)])

    def values(self, evidence: Dense) -> Dense:
        """The scores that evidence stands for."""
        return value_of(evidence)

    def varied(self, passing: Dense, room: _Indices) -> _Indices:
        """See ``Picker.chosen``."""
        return self._picker.chosen(passing, room)

    def likeness(self, papers: _Indices) -> Dense:
        """The cosines of some papers' terms with each other."""
        return likeness(self._ground.space.texts[papers])

    def score(self, interests: Sequence[Interest]) -> list[tuple[Score, ...]]:
        """See the Scorer seam. Cheapest with thousands of interests at a time."""
        if not self.papers:
            return [()] * len(interests)
        explores = self.explore > 0
        blocks = self._blocks(interests)
        return [found for sums in blocks for found in _scores(sums, self._picker, explores)]

    def explain(self, interest: Interest, position: int) -> Explanation:
        """The whole sum for one paper."""
        (sums,) = self._blocks([interest])
        return explanation(sums, position)

    def strongest(self, interest: Interest, most: int = 20) -> list[Part]:
        """A profile's terms and categories that weigh most for papers, then those most against."""
        (sums,) = self._blocks([interest])
        return strongest(sums, most)

    def _blocks(self, interests: Sequence[Interest]) -> Iterator[Sums]:
        phrases, wanted = numbered(i.profile.keywords for i in interests)
        hits = self._ground.index.hits(phrases)
        common = commonness(hits)
        told = evidence_of_hits(hits, common)
        barred = self._standing(i.profile.excluded_keywords for i in interests)
        required = self._standing(i.profile.required_keywords for i in interests)
        for rows in _cut([len(i.seeds) + len(i.liked) + len(i.disliked) for i in interests]):
            wishes = self._learner.learn(interests[rows])
            keywords = Keywords(phrases, wanted[rows], told, common, barred[rows], required[rows])
            yield Sums(self._ground, interests[rows], wishes, keywords)

    def _standing(self, keywords: Iterable[Iterable[str]]) -> csr_matrix:
        """Where any of each list of keywords stands (lists x papers): there it is above 0."""
        phrases, named = numbered(keywords)
        return csr_matrix(named @ self._ground.index.hits(phrases))


def _cut(spoken_of: Sequence[int]) -> Iterator[slice]:
    """Blocks of at most BLOCK profiles that speak of not too many papers, as long as they can."""
    start = papers = 0
    for row, more in enumerate(spoken_of):
        if row > start and (row - start == BLOCK or papers + more > _SPOKEN_OF):
            yield slice(start, row)
            start, papers = row, 0
        papers += more
    if spoken_of:
        yield slice(start, len(spoken_of))


def _scores(sums: Sums, picker: Picker, explores: bool) -> list[tuple[Score, ...]]:
    """The picks of each interest, with their reasons."""
    followed = [sums.ground.rules.followed(interest) for interest in sums.interests]
    allowed = np.array([_allowed(sums, row) for row in range(len(sums.interests))])
    good = allowed & np.array([sums.wanted_by_rules(row) for row in range(len(allowed))])
    picked = _picked(sums, picker, allowed, good, followed)
    explored = [
        _explored(sums, row, good[row], papers) if explores else None
        for row, papers in enumerate(picked)
    ]
    return _told(sums, picked, explored, followed)


# --- picking ---------------------------------------------------------------------------------


def _allowed(sums: Sums, row: int) -> _Bools:
    interest, rules = sums.interests[row], sums.ground.rules
    allowed: _Bools = rules.unseen(interest) & ~sums.barred[row] & ~rules.excluded(interest)
    return allowed


def _picked(
    sums: Sums,
    picker: Picker,
    allowed: _Bools,
    good: _Bools,
    followed: Sequence[dict[int, list[str]]],
) -> list[_Indices]:
    """The papers of each interest, those of followed authors first, each part best first.

    Followed authors' papers are all there, however many; the others take what room they leave.
    """
    values, profiles = sums.values, [interest.profile for interest in sums.interests]
    least = np.array([[p.threshold] for p in profiles], dtype=np.float32)
    passing = np.where(good & (values >= np.maximum(least, _LEAST_VALUE)), values, -1)
    pinned = [[p for p in mine if allowed[row, p]] for row, mine in enumerate(followed)]
    for row, mine in enumerate(pinned):
        passing[row, mine] = -1
    room = [max(p.max_papers - len(mine), 0) for p, mine in zip(profiles, pinned, strict=True)]
    picked = []
    for row, chosen in enumerate(picker.chosen(passing, np.array(room, dtype=np.int64))):
        own = np.array(sorted(pinned[row], key=lambda p: (-values[row, p], p)), dtype=np.int64)
        picked.append(np.concatenate([own, chosen[chosen >= 0]]))
    return picked


def _explored(sums: Sums, row: int, good: _Bools, picked: _Indices) -> int | None:
    """The paper that a profile is shown to learn from, where there is room."""
    profile = sums.interests[row].profile
    if len(picked) >= profile.max_papers:
        return None
    papers = sums.ground.space.texts
    return exploration(sums.values[row], good, picked, profile.threshold, papers)


# --- telling ---------------------------------------------------------------------------------


def _told(
    sums: Sums,
    picked: Sequence[_Indices],
    explored: Sequence[int | None],
    followed: Sequence[dict[int, list[str]]],
) -> list[tuple[Score, ...]]:
    """The picks with their reasons; one of which nothing can be said is none."""
    extra = [[] if paper is None else [paper] for paper in explored]
    pairs = [
        (row, paper)
        for row, papers in enumerate(picked)
        for paper in (*papers.tolist(), *extra[row])
    ]
    reasons = Reasons(sums, pairs, followed)
    found: list[list[Score]] = [[] for _ in picked]
    for pair, (row, paper) in enumerate(pairs):
        why = reasons.of(pair, row, paper)
        if paper == explored[row]:
            why = _as_exploration(why)
        if why:
            value = round(float(sums.values[row, paper]), 4)
            found[row].append(Score(paper, value, paper in followed[row], tuple(why)))
    return [tuple(scores) for scores in found]


def _as_exploration(reasons: Sequence[Reason]) -> list[Reason]:
    details = [
        d for r in reasons if r.kind in (ReasonKind.TERMS, ReasonKind.THEME) for d in r.details
    ]
    others = (
        reason for reason in reasons if reason.kind in (ReasonKind.KEYWORD, ReasonKind.SIMILAR)
    )
    details = details or [d for reason in others for d in reason.details]
    return [Reason(ReasonKind.EXPLORATION, tuple(details[:2]), 0.0)] if details else []
