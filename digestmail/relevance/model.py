"""The relevance model: what a day's papers are worth to profiles, and why."""

from collections.abc import Collection, Iterator, Sequence
from copy import copy
from dataclasses import replace

import numpy as np

from digestmail.domain import Explanation, Interest, Paper, Part, Profile, Score
from digestmail.relevance.explain.explanation import explanation, heaviest_parts
from digestmail.relevance.features.arrays import Dense, Indices
from digestmail.relevance.features.day import day_features
from digestmail.relevance.features.embeddings import Embedder
from digestmail.relevance.features.keyword_index import KeywordHits
from digestmail.relevance.features.terms import Features
from digestmail.relevance.parameters import PARAMETERS, ModelParameters
from digestmail.relevance.picks import permitted, scores_of
from digestmail.relevance.profiles.block import profile_block, remember_keywords
from digestmail.relevance.scoring.centrality import representatives
from digestmail.relevance.scoring.diversity import likeness
from digestmail.relevance.scoring.evidence import Evidence, Ground, evidence_of
from digestmail.relevance.scoring.filters import Filters
from digestmail.relevance.scoring.prior import prior_of
from digestmail.relevance.scoring.top_k import Picker

_BLOCK = 512  # profiles whose scores are held at once: 5 MB for each scorer and 1,500 papers
_EXAMPLES = 20_000  # papers that the profiles of a block name: 100 MB, were no two the same


class Model:
    """Scores the papers it was made for. Immutable, so it may be shared between threads.

    ``background`` are other papers of the same sources, the more the better up to some 10,000:
    what is rare and what nobody asked for is learned from them. ``embedder`` adds likeness of
    meaning. ``block_profiles`` are scored at once, or as many as name ``block_examples`` papers.
    ``explore``: how many papers a profile may be shown to learn from, beside the good
    ones.
    """

    def __init__(
        self,
        papers: Sequence[Paper],
        background: Sequence[Paper] = (),
        *,
        features: Features | None = None,
        embedder: Embedder | None = None,
        explore: int = 0,
        parameters: ModelParameters = PARAMETERS,
        block_profiles: int = _BLOCK,
        block_examples: int = _EXAMPLES,
    ) -> None:
        self.papers = papers
        self.background = background
        self._explores = explore > 0
        self._parameters = parameters
        self._block_limits = block_profiles, block_examples
        day, self._vectorizer = day_features(
            papers, background, features or Features(), embedder, parameters
        )
        self._ground = Ground(
            day,
            self._vectorizer.categories,
            Filters(papers, background, parameters),
            prior_of(papers, parameters),
            parameters,
        )
        self._picker = Picker(day.units)

    def with_parameters(self, parameters: ModelParameters) -> "Model":
        """Return a model of the same features with other parameters of scorers and calibration.

        Parameters of vector spaces, followed authors and votes have no effect here.
        """
        model, day = copy(self), self._ground.day
        day = replace(day, keywords=day.keywords.with_parameters(parameters))
        model._parameters = parameters
        model._ground = replace(self._ground, day=day, parameters=parameters)
        return model

    def log_odds(self, interests: Sequence[Interest]) -> Dense:
        """Return the log-odds that each paper is wanted (interests x papers), before rules."""
        blocks = [evidence.log_odds for evidence in self.evidence(interests)]
        return np.concatenate([*blocks, np.zeros((0, len(self.papers)), dtype=np.float32)])

    def score(self, interests: Sequence[Interest]) -> list[tuple[Score, ...]]:
        """See the Scorer seam. Cheapest with thousands of interests at a time."""
        if not self.papers:
            return [()] * len(interests)
        return [
            scores
            for evidence in self.evidence(interests)
            for scores in scores_of(evidence, self._picker, explores=self._explores)
        ]

    def permitted(self, profile: Profile) -> frozenset[int]:
        """Return the papers that a profile's hard rules permit, whatever speaks for them."""
        return frozenset(np.flatnonzero(permitted(profile, self._ground)).tolist())

    def central(self, positions: Sequence[int], limit: int) -> list[int]:
        """Return the papers among some that stand best for all of these, the best first.

        By meaning where that is known, else by terms.
        """
        if not positions:
            return []
        day, places = self._ground.day, np.array(positions, dtype=np.int64)
        rows = day.meaning.units[places] if day.has_meaning else day.units[places]
        return [positions[row] for row in representatives(rows, limit).tolist()]

    def explain(self, interest: Interest, position: int) -> Explanation:
        """Return the whole sum for one paper."""
        (evidence,) = self.evidence([interest])
        return explanation(evidence, position)

    def strongest(self, interest: Interest, limit: int = 20) -> list[Part]:
        """Return the terms and categories that weigh most for papers, then those most against."""
        (evidence,) = self.evidence([interest])
        return heaviest_parts(evidence, limit)

    def keyword_hits(self, keywords: Sequence[str]) -> tuple[KeywordHits, ...]:
        """Return in how many of the papers keywords stand; see ``KeywordIndex.hits``."""
        return self._ground.day.keywords.hits(keywords)

    def namesakes(self, name: str, categories: Collection[str] = ()) -> int:
        """Return how many people of late a followed name fits, if too many to follow them all."""
        authors = self._ground.filters.authors
        return len(authors.namesakes(name).people) if authors.is_ambiguous(name, categories) else 0

    def diversified(self, passing: Dense, room: Indices) -> Indices:
        """See ``Picker.chosen``."""
        return self._picker.chosen(passing, room)

    def likeness(self, papers: Indices) -> Dense:
        """Return the cosines of some papers' terms with each other."""
        return likeness(self._ground.day.units[papers])

    def evidence(self, interests: Sequence[Interest]) -> Iterator[Evidence]:
        """Yield the evidence of the interests, in blocks."""
        # Reading the papers once and not for each block saves a third of the CPU of thousands.
        remember_keywords(interests, self._ground.day)
        named = [len(i.seeds) + len(i.liked) + len(i.disliked) for i in interests]
        for rows in _blocks(named, *self._block_limits):
            block = profile_block(
                interests[rows], self._ground.day, self._vectorizer, self._parameters
            )
            yield evidence_of(block, self._ground)


def _blocks(examples: Sequence[int], profiles: int, max_examples: int) -> Iterator[slice]:
    """Yield blocks of profiles that name not too many papers, as long as they can be."""
    start = papers = 0
    for row, count in enumerate(examples):
        if row > start and (row - start == profiles or papers + count > max_examples):
            yield slice(start, row)
            start, papers = row, 0
        papers += count
    if examples:
        yield slice(start, len(examples))
