"""Which papers match a query, by their terms, and how well they fit by words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from digestmail.relevance.features.terms import analyse, hash_of
from digestmail.search.facets import author_terms, name_term, person_terms
from digestmail.search.inverted_index import Floats
from digestmail.search.query import Query, QueryWord, query_words
from digestmail.search.ranking import RankingParameters, Scores, add_bm25, bm25_idf
from digestmail.search.segment import Mask, Segment, document_frequency
from digestmail.text import Expression, Operator, stem_of

_MOST_WITH_PREFIX = 2_000  # words that a beginning stands for


@dataclass(frozen=True, slots=True)
class Matches:
    """How all papers of an index fit a query.

    ``shares`` are those of the query's words, by rarity, that a paper has; ``bonus`` is 1 where
    somebody of a full name in the query is an author. ``is_person``: the query is only such a name.
    """

    scores: Floats
    shares: Scores
    bonus: Floats
    is_exact: Mask  # may match the whole query; phrases are not checked to the letter
    is_allowed: Mask  # may have all required phrases, and has nothing that is excluded
    is_person: bool


def match(query: Query, segments: Sequence[Segment], parameters: RankingParameters) -> Matches:
    """Match a query with all papers."""
    matcher = _Matcher(query, segments, parameters)
    matches = [matcher.of(segment) for segment in segments]
    no_scores, no_mask = np.zeros(0, dtype=np.float32), np.zeros(0, dtype=bool)
    return Matches(
        scores=np.concatenate([no_scores, *(m.scores for m in matches)]),
        shares=np.concatenate([np.zeros(0), *(m.shares for m in matches)]),
        bonus=np.concatenate([no_scores, *(m.bonus for m in matches)]),
        is_exact=np.concatenate([no_mask, *(m.is_exact for m in matches)]),
        is_allowed=np.concatenate([no_mask, *(m.is_allowed for m in matches)]),
        is_person=any(m.is_person for m in matches),
    )


class _Matcher:
    """A query with the rarity of its terms."""

    def __init__(
        self, query: Query, segments: Sequence[Segment], parameters: RankingParameters
    ) -> None:
        self._query = query
        self._parameters = parameters
        self._segments = segments
        self._found_terms: dict[QueryWord, tuple[int, ...]] = {}
        texts = [segment.texts for segment in segments]
        papers = sum(len(segment.ids) for segment in segments)
        self._mean_size = sum(float(s.sizes.sum()) for s in segments) / max(papers, 1)
        pairs = [hash_of(term) for term in dict.fromkeys(query.terms) if " " in term]
        hashes = np.array(pairs, dtype=np.uint32)
        weights = parameters.pair_weight * bm25_idf(papers, document_frequency(texts, hashes))
        self._pairs = list(zip(pairs, weights.tolist(), strict=True))
        self._rarity: dict[QueryWord, float] = {}
        for word in query.words:
            hashes = np.array(self._terms(word), dtype=np.uint32)
            having = np.minimum(document_frequency(texts, hashes).sum(), papers)
            self._rarity[word] = float(bm25_idf(papers, having))

    def of(self, segment: Segment) -> Matches:
        """Return how the papers of a segment fit."""
        people = {pair: segment.any_of(person_terms(*pair)) for pair in self._query.people}
        people = {pair: mask for pair, mask in people.items() if mask.any()}
        masks = {word: self._with_word(segment, word, people) for word in self._rarity}
        scores, shares = self._bm25(segment), np.zeros(len(segment.ids))
        for word, rarity in self._rarity.items():
            # A name says as much as a word that stands there often.
            scores[segment.any_of([name_term(word.plain)])] += 2 * rarity
            shares[masks[word]] += rarity
        bonus = np.zeros(len(segment.ids), dtype=np.float32)
        for written in people.values():
            bonus[written] = 1
        is_allowed = np.ones(len(segment.ids), dtype=bool)
        for required in self._query.required:
            is_allowed &= self._possible(segment, required, masks)
        for excluded in self._query.excluded:
            is_allowed &= ~self._certain(segment, excluded)
        is_exact = is_allowed
        if not self._query.is_empty:
            alternatives = [self._possible(segment, e, masks) for e in self._query.alternatives]
            is_exact = is_allowed & np.any(alternatives, axis=0)
        plain = {word.plain for word in self._query.words}
        return Matches(
            scores,
            (shares + 1e-6) / max(sum(self._rarity.values()), 1e-6),
            bonus,
            is_exact,
            is_allowed,
            is_person=any(plain <= {*pair} for pair in people),
        )

    def _possible(
        self, segment: Segment, expression: Expression, masks: Mapping[QueryWord, Mask]
    ) -> Mask:
        """Return which papers may match an expression: all words of its phrases are there."""
        if expression.operator is Operator.NOT:
            return ~self._certain(segment, expression.operands[0])
        if expression.operator is not Operator.PHRASE:
            operands = [self._possible(segment, op, masks) for op in expression.operands]
            return _combined(expression.operator, operands)
        mask = np.ones(len(segment.ids), dtype=bool)
        if expression.phrase and expression.phrase.exact:
            text = expression.text.strip('"“”')
            for term in analyse(text):
                mask &= segment.with_any_term([hash_of(term)])
            return mask | segment.any_of(author_terms(text))
        for word in query_words(expression.text):
            mask &= masks[word] if word in masks else self._with_word(segment, word, {})
        return mask

    def _certain(self, segment: Segment, expression: Expression) -> Mask:
        """Return which papers match an expression by their text, whatever its letters."""
        if expression.operator is Operator.NOT:
            return ~self._possible(segment, expression.operands[0], {})
        if expression.operator is not Operator.PHRASE:
            operands = [self._certain(segment, op) for op in expression.operands]
            return _combined(expression.operator, operands)
        if expression.phrase and expression.phrase.exact:
            return np.zeros(len(segment.ids), dtype=bool)
        mask = np.ones(len(segment.ids), dtype=bool)
        for word in query_words(expression.text):
            mask &= segment.with_any_term(self._terms(word)) | segment.any_of(word.compounds)
        return mask

    def _with_word(
        self, segment: Segment, word: QueryWord, people: Mapping[tuple[str, str], Mask]
    ) -> Mask:
        """Return which papers have a word in their text or in the name of an author."""
        mask = segment.with_any_term(self._terms(word))
        mask |= segment.any_of([*word.compounds, name_term(word.plain)])
        for pair, written in people.items():
            if word.plain in pair:
                mask |= written
        return mask

    def _terms(self, word: QueryWord) -> tuple[int, ...]:
        """Return the terms of a word, or of all words that begin with it, that any paper has."""
        if word not in self._found_terms:
            terms = word.terms
            if word.prefix:
                words = {w for s in self._segments for w in s.words_beginning(word.prefix)}
                stems = {stem_of(w) for w in sorted(words)[:_MOST_WITH_PREFIX]}
                terms = tuple(hash_of(stem) for stem in sorted(stems))
            hashes = np.array(terms, dtype=np.uint32)
            frequency = document_frequency([s.texts for s in self._segments], hashes)
            self._found_terms[word] = tuple(hashes[frequency > 0].tolist())
        return self._found_terms[word]

    def _bm25(self, segment: Segment) -> Floats:
        chosen = self._parameters
        relative = segment.sizes / max(self._mean_size, 1e-6)
        lengths = chosen.saturation * (1 - chosen.length_share + chosen.length_share * relative)
        scores = np.zeros(len(segment.ids), dtype=np.float32)
        terms = [(term, w) for word, w in self._rarity.items() for term in self._terms(word)]
        for term, weight in [*terms, *self._pairs]:
            add_bm25(scores, segment.texts, term, weight, lengths, chosen.saturation)
        return scores


def _combined(operator: Operator, masks: Sequence[Mask]) -> Mask:
    mask: Mask = np.any(masks, axis=0) if operator is Operator.OR else np.all(masks, axis=0)
    return mask
