"""Papers found by words, names, meaning and likeness among all there are, in milliseconds.

The terms are those of the relevance model: hashed stems and pairs of them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np

from digestmail.domain import Paper
from digestmail.relevance.features.terms import Hashes, Terms, counted
from digestmail.search.facets import category_term, facets, plain_words
from digestmail.search.inverted_index import LARGEST, Floats, Postings, extended, postings
from digestmail.search.matching import Matches, match
from digestmail.search.query import Query
from digestmail.search.ranking import RANKING, Numbers, RankingParameters, Scores, fused, top
from digestmail.search.segment import Mask, Segment, document_frequency, word_lines

_TELLING = 40  # terms of a paper that its neighbours are found by
_ALIKE_IN_MEANING = 0.4  # the least cosine of their embeddings; that of any two papers is .1
_ALIKE = 0.04  # the least likeness of neighbours; that of any two papers is some 0.005
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NONE = np.zeros(0, dtype=np.int64)
Similarity = Callable[[Numbers], Floats]  # the cosines of the meaning of papers, by their ids


@dataclass(frozen=True, slots=True)
class Hits:
    """The papers of a search, best or newest first.

    ``ids`` are the first of ``total``; ``exact`` of them match the whole query, and come before
    those that are merely near. Phrases are not checked to the letter: see ``exact.matches``.
    """

    ids: list[int]
    total: int
    exact: int


class Index:
    """The last ``capacity`` papers, and a few more, by their terms, in segments.

    One thread may add while others search.
    """

    def __init__(
        self,
        capacity: int = 1_000_000,
        ranking: RankingParameters = RANKING,
        segment_size: int = LARGEST,
    ) -> None:
        self._capacity = capacity
        self._segment_size = segment_size
        self._ranking = ranking
        self._segments: tuple[Segment, ...] = ()
        self.categories: Mapping[str, int] = {}  # how many papers of each came, most first

    def __len__(self) -> int:
        return sum(len(segment.ids) for segment in self._segments)

    @property
    def newest(self) -> int:
        """The id of the paper that was added last; 0 when there is none."""
        return int(self._segments[-1].ids[-1]) if self._segments else 0

    @property
    def bytes(self) -> int:
        """The memory it takes, within a few percent."""
        return sum(segment.bytes for segment in self._segments)

    # --- adding ---

    def add(self, papers: Iterable[tuple[Paper, Terms]]) -> None:
        """Add papers of the store that came after ``newest``, in order of their ids."""
        remaining = iter(papers)
        counts = Counter(self.categories)
        while True:
            last = self._segments[-1] if self._segments else None
            size = self._segment_size
            room = size - len(last.ids) if last else size
            new = _Additions(islice(remaining, room or size), counts)
            if not new.ids:
                break
            self._put(new, last if room else None)
            self.categories = dict(counts.most_common())

    def _put(self, new: "_Additions", last: Segment | None) -> None:
        """Join papers to the last segment, or begin another."""
        before = self._segments[:-1] if last else self._segments
        ids, seen = np.array(new.ids), np.array(new.seen)
        texts, names = postings(new.texts), postings(new.facets)
        words = word_lines(new.words)
        if last:
            ids, seen = np.concatenate([last.ids, ids]), np.concatenate([last.seen, seen])
            texts, names = extended(last.texts, texts), extended(last.facets, names)
            words = word_lines(new.words, last.words)
        collection = [*(segment.texts for segment in before), texts]
        norms = texts.norms(lambda hashes: _idf_among(collection, hashes))
        segments = (*before, Segment(ids, seen, texts, names, norms, texts.sizes, words))
        surplus = sum(len(segment.ids) for segment in segments) - self._capacity
        self._segments = segments[1:] if surplus >= len(segments[0].ids) else segments

    # --- searching ---

    def search(
        self,
        query: Query,
        *,
        limit: int,
        category: str = "",
        since: datetime | None = None,
        newest: bool = False,
        strict: bool = False,
        similarity: Similarity | None = None,
    ) -> Hits:
        """Return the ``limit`` papers that suit a query best, or the newest of them.

        Those that match all of it come first, then the nearest by words and by ``similarity``. The
        nearest are left out with ``strict``; and where any paper matches, if the query has
        operators or is a name, or papers are sorted by time. An empty query finds every paper.
        ``category`` is one, or a group of them (``cs``).
        """
        segments = self._segments
        ids, seen = _joined(s.ids for s in segments), _joined(s.seen for s in segments)
        matches = match(query, segments, self._ranking)
        allowed = matches.is_allowed & _allowed(segments, category, since)
        exact = allowed & matches.is_exact
        number = int(exact.sum())
        if query.is_empty:
            return Hits(_ordered(ids, seen, exact, None, limit), number, number)
        is_complete = strict or (number and (newest or query.is_strict or matches.is_person))
        cosines = np.zeros(len(ids), dtype=np.float32)
        if similarity is not None and not (newest and number):
            cosines[allowed] = similarity(ids[allowed])
        is_near = np.zeros(len(ids), dtype=bool)
        if not is_complete:
            is_near = self._nearest(matches, cosines, allowed) & ~exact
        scores = matches.bonus + fused([matches.scores * allowed, cosines], self._ranking)
        by = None if newest else scores
        best = _ordered(ids, seen, exact, by, limit)
        best += _ordered(ids, seen, is_near, by, limit - len(best))
        return Hits(best, number + int(is_near.sum()), number)

    def _nearest(self, matches: Matches, cosines: Floats, allowed: Mask) -> Mask:
        """Return which papers are among the nearest by words or by meaning."""
        chosen = self._ranking
        result = np.zeros(len(allowed), dtype=bool)
        least_share = chosen.least_share if cosines.any() else 0.0
        by_words = matches.scores * (allowed & (matches.shares >= least_share))
        for scores, least_score in ((by_words, 0.0), (cosines, chosen.least_cosine)):
            best = top(scores, chosen.nearest)
            result[best[scores[best] > least_score]] = True
        return result

    def similar(
        self, paper_id: int, terms: Terms, limit: int, similarity: Similarity | None = None
    ) -> list[int]:
        """Return the papers most like one, without it and what is hardly like it.

        Compared are the terms that tell most of it, by TF-IDF and cosine (Salton and Buckley,
        1988), and the meaning by ``similarity`` to it.
        """
        segments = self._segments  # as they are now: more may come meanwhile
        frequency = document_frequency([segment.texts for segment in segments], terms.hashes)
        papers = sum(len(segment.ids) for segment in segments)
        weights = _weights(terms) * _idf(papers, frequency)
        # A term that no other paper has finds none.
        telling = np.argsort(-weights * (frequency > 1), kind="stable")[:_TELLING]
        length = max(float(np.linalg.norm(weights)), 1e-6)
        products = weights[telling] * _idf(papers, frequency[telling])
        likeness = [_likeness(s, terms.hashes[telling], products) / length for s in segments]
        scores = np.concatenate([np.zeros(0, dtype=np.float32), *likeness])
        ids, seen = _joined(s.ids for s in segments), _joined(s.seen for s in segments)
        is_other = ids != paper_id
        if similarity is None:
            return _ordered(ids, seen, (scores >= _ALIKE) & is_other, scores, limit)
        cosines = similarity(ids)
        is_near = (scores >= _ALIKE) | (cosines >= _ALIKE_IN_MEANING)
        rankings = [scores * is_other, cosines * is_other]
        return _ordered(ids, seen, is_near & is_other, fused(rankings, self._ranking), limit)


class _Additions:
    """Papers on their way into a segment, of which little is held."""

    def __init__(self, papers: Iterable[tuple[Paper, Terms]], counts: Counter[str]) -> None:
        self.ids: list[int] = []
        self.seen: list[int] = []
        self.texts: list[Terms] = []
        self.facets: list[Terms] = []
        self.words: set[str] = set()
        for paper, terms in papers:
            self.ids.append(paper.stored_id)
            self.seen.append(_micros(paper.first_seen_at))
            self.texts.append(terms)
            self.facets.append(counted(facets(paper)))
            self.words |= plain_words(paper)
            counts.update(dict.fromkeys(paper.categories, 1))


def _likeness(segment: Segment, hashes: Hashes, weights: Floats) -> Floats:
    scores = np.zeros(len(segment.ids), dtype=np.float32)
    for term, weight in zip(hashes.tolist(), weights.tolist(), strict=True):
        places, counts = segment.texts.weights_of(term)
        scores[places] += counts * np.float32(weight)  # a paper stands once in a term's list
    return scores / segment.norms


def _allowed(segments: Sequence[Segment], category: str, since: datetime | None) -> Mask:
    masks = [np.zeros(0, dtype=bool)]
    for segment in segments:
        mask = np.ones(len(segment.ids), dtype=bool)
        if category:
            mask = segment.any_of([category_term(category)])
        if since is not None:
            mask &= segment.seen > _micros(since)
        masks.append(mask)
    return np.concatenate(masks)


def _ordered(
    ids: Numbers, seen: Numbers, mask: Mask, scores: Scores | Floats | None, limit: int
) -> list[int]:
    """Return the ids under a mask by score, the newer first among equals; without it by time."""
    at = np.flatnonzero(mask)
    best = at[top(seen[at] if scores is None else scores[at], limit)] if limit > 0 else _NONE
    keys = (-ids[best], -seen[best]) + (() if scores is None else (-scores[best],))
    return [int(paper_id) for paper_id in ids[best[np.lexsort(keys)]]]


def _joined(arrays: Iterable[Numbers]) -> Numbers:
    return np.concatenate([_NONE, *arrays])


def _weights(terms: Terms) -> Floats:
    return (1 + np.log(np.maximum(terms.counts, 1))).astype(np.float32)


def _idf(papers: int, frequency: Numbers) -> Floats:
    """Return the inverse document frequency of terms that so many of the papers have."""
    return (np.log((1 + papers) / (1 + frequency)) + 1).astype(np.float32)


def _idf_among(collection: Sequence[Postings], hashes: Hashes) -> Floats:
    return _idf(sum(p.size for p in collection), document_frequency(collection, hashes))


def _micros(moment: datetime | None) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) if moment else 0
