"""Which papers have the words, names and phrases of a query, and how well they fit by words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from digestmail.relevance.features.terms import analyse, hash_of
from digestmail.search.facets import author_terms, name_term, person_terms
from digestmail.search.inverted_index import Floats
from digestmail.search.query import Query
from digestmail.search.ranking import RankingParameters, Scores, add_bm25, bm25_idf
from digestmail.search.segment import Mask, Segment, document_frequency


@dataclass(frozen=True, slots=True)
class Matches:
    """How all papers of an index fit a query.

    ``shares`` are those of the query's words, by rarity, that a paper has; ``bonus`` is 1 where
    somebody of a full name in the query is an author. ``is_person``: the query is only such a name.
    """

    scores: Floats
    shares: Scores
    bonus: Floats
    allowed: Mask  # has all phrases, and nothing that is excluded
    is_person: bool

    @property
    def is_exact(self) -> Mask:
        """Which papers have all words."""
        return self.shares >= 1


def match(query: Query, segments: Sequence[Segment], parameters: RankingParameters) -> Matches:
    """Match a query with all papers."""
    matcher = _Matcher(query, segments, parameters)
    parts = [matcher.of(segment) for segment in segments]
    empty = np.zeros(0, dtype=np.float32)
    return Matches(
        scores=np.concatenate([empty, *(part.scores for part in parts)]),
        shares=np.concatenate([np.zeros(0), *(part.shares for part in parts)]),
        bonus=np.concatenate([empty, *(part.bonus for part in parts)]),
        allowed=np.concatenate([np.zeros(0, dtype=bool), *(part.allowed for part in parts)]),
        is_person=any(part.is_person for part in parts),
    )


class _Matcher:
    """A query with the rarity of its terms."""

    def __init__(
        self, query: Query, segments: Sequence[Segment], parameters: RankingParameters
    ) -> None:
        self._query = query
        self._parameters = parameters
        texts = [segment.texts for segment in segments]
        papers = sum(len(segment.ids) for segment in segments)
        self._mean_size = sum(float(s.sizes.sum()) for s in segments) / max(papers, 1)
        distinct = list(dict.fromkeys(query.terms))
        hashes = np.array([hash_of(term) for term in distinct], dtype=np.uint32)
        weights = bm25_idf(papers, document_frequency(texts, hashes))
        weights *= np.where([" " in term for term in distinct], parameters.pair_weight, 1)
        self._terms = list(zip(hashes.tolist(), weights.tolist(), strict=True))
        stems = np.array([hash_of(word.stem) for word in query.words], dtype=np.uint32)
        self._rarity = bm25_idf(papers, document_frequency(texts, stems)).tolist()

    def of(self, segment: Segment) -> Matches:
        """Return how the papers of a segment fit."""
        people = self._people(segment)
        scores, shares = self._bm25(segment), np.zeros(len(segment.ids))
        for word, rarity in zip(self._query.words, self._rarity, strict=True):
            named = segment.any_of([name_term(word.plain)])
            scores[named] += 2 * rarity  # a name says as much as a word that stands there often
            for pair, written in people.items():
                named = named | written if word.plain in pair else named
            shares[named | segment.with_term(hash_of(word.stem))] += rarity
        bonus = np.zeros(len(segment.ids), dtype=np.float32)
        for written in people.values():
            bonus[written] = 1
        return Matches(
            scores,
            (shares + 1e-6) / max(sum(self._rarity), 1e-6),
            bonus,
            self._allowed(segment),
            any({word.plain for word in self._query.words} <= {*pair} for pair in people),
        )

    def _bm25(self, segment: Segment) -> Floats:
        chosen = self._parameters
        relative = segment.sizes / max(self._mean_size, 1e-6)
        lengths = chosen.saturation * (1 - chosen.length_share + chosen.length_share * relative)
        scores = np.zeros(len(segment.ids), dtype=np.float32)
        for term, weight in self._terms:
            add_bm25(scores, segment.texts, term, weight, lengths, chosen.saturation)
        return scores

    def _people(self, segment: Segment) -> dict[tuple[str, str], Mask]:
        masks = {pair: segment.any_of(person_terms(*pair)) for pair in self._query.people}
        return {pair: mask for pair, mask in masks.items() if mask.any()}

    def _allowed(self, segment: Segment) -> Mask:
        """Return which papers may hold all phrases, as words or a name, and no excluded word."""
        mask = np.ones(len(segment.ids), dtype=bool)
        for text in self._query.phrases:
            mask &= _with_all(segment, analyse(text)) | segment.any_of(author_terms(text))
        for word in self._query.excluded_words:
            mask &= ~segment.with_term(hash_of(word.stem))
        return mask


def _with_all(segment: Segment, terms: Collection[str]) -> Mask:
    mask = np.ones(len(segment.ids), dtype=bool)
    for term in terms:
        mask &= segment.with_term(hash_of(term))
    return mask
