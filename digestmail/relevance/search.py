"""Finding papers by words, names and likeness among all there are, in milliseconds.

The terms, and what they weigh, are those of the relevance model: hashed stems and pairs of them,
TF-IDF, cosine (Salton and Buckley, 1988). A name weighs more than any word.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from digestmail.domain import Paper
from digestmail.relevance.features.terms import Hashes, Terms, analyse, counted, hash_of
from digestmail.relevance.postings import MOST, Floats, Postings, extended, postings
from digestmail.relevance.queries import Query, facets, of_person
from digestmail.text.person_names import name_parts

_PERSON = 1.0  # what a full name among the authors adds; a text rarely gets 0.5
_NAME = 0.2  # what a single word of a name adds
_ENOUGH = 0.5  # of a query's words, by rarity, where no paper has all of them
_TELLING = 40  # terms of a paper that its neighbours are found by
_ALIKE = 0.04  # the least likeness of neighbours; that of any two papers is some 0.005
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALL = np.zeros(0, dtype=np.int64)
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found, best or newest first.

    ``ids`` are the first of ``total``. ``whole``: whether each has all words of the query; where
    no paper has, these have most. Phrases are not checked to the letter: see ``queries.holds``.
    """

    ids: list[int]
    total: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Segment:
    ids: Numbers
    seen: Numbers  # microseconds since 1970
    texts: Postings
    facets: Postings
    lengths: Floats

    def any_of(self, terms: Iterable[int]) -> Mask:
        """Which papers have one of these authors or categories."""
        mask = np.zeros(len(self.ids), dtype=bool)
        for term in terms:
            mask[self.facets.of(term)[0]] = True
        return mask


class Index:
    """The last ``most`` papers, and a few more, by their terms.

    One thread may add while others search.
    """

    def __init__(self, most: int = 1_000_000) -> None:
        self._most = most
        self._segments: tuple[_Segment, ...] = ()
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
        return sum(s.texts.bytes + s.facets.bytes + 20 * len(s.ids) for s in self._segments)

    # --- adding ---

    def add(self, papers: Iterable[tuple[Paper, Terms]]) -> None:
        """Add papers of the store that came after ``newest``, in order of their ids."""
        several = iter(papers)
        counts = Counter(self.categories)
        while True:
            last = self._segments[-1] if self._segments else None
            room = MOST - len(last.ids) if last else MOST
            new = _Gathered(islice(several, room or MOST), counts)
            if not new.ids:
                break
            self._put(new, last if room else None)
            self.categories = dict(counts.most_common())

    def _put(self, new: "_Gathered", last: _Segment | None) -> None:
        """Join papers to the last segment, or begin another."""
        others = self._segments[:-1] if last else self._segments
        ids, seen = np.array(new.ids), np.array(new.seen)
        texts, facets = postings(new.texts), postings(new.facets)
        if last:
            ids, seen = np.concatenate([last.ids, ids]), np.concatenate([last.seen, seen])
            texts, facets = extended(last.texts, texts), extended(last.facets, facets)
        every = [*(segment.texts for segment in others), texts]
        lengths = texts.lengths(lambda hashes: _idf_among(every, hashes))
        segments = (*others, _Segment(ids, seen, texts, facets, lengths))
        surplus = sum(len(segment.ids) for segment in segments) - self._most
        self._segments = segments[1:] if surplus >= len(segments[0].ids) else segments

    # --- finding ---

    def search(
        self,
        query: Query,
        *,
        category: str = "",
        since: datetime | None = None,
        newest: bool = False,
        strict: bool = False,
        most: int,
    ) -> Hits:
        """The ``most`` papers that suit a query best, or the newest of those it finds.

        An empty query finds every paper. ``category`` is one, or a group of them (``cs``).
        ``strict``: only such as have all words.
        """
        segments = self._segments
        asked = _Asked(query, segments)
        found = [asked.of(s) for s in segments]
        allowed = [_allowed(s, category, since) for s in segments]
        every = [(share >= 1) & may for (_, share), may in zip(found, allowed, strict=True)]
        whole = strict or any(mask.any() for mask in every)
        if not whole:
            some = zip(found, allowed, strict=True)
            every = [(share >= _ENOUGH) & may for (_, share), may in some]
        scores = [score for score, _ in found]
        total = sum(int(mask.sum()) for mask in every)
        by_time = newest or query.is_empty
        return Hits(_ranked(segments, every, None if by_time else scores, most), total, whole)

    def near(self, paper_id: int, terms: Terms, most: int) -> list[int]:
        """The papers most like one, by its terms; that one, and what is hardly like it, left out.

        Compared are the terms that tell most of it.
        """
        segments = self._segments  # as they are now: others may come meanwhile
        having = _having([segment.texts for segment in segments], terms.hashes)
        papers = sum(len(segment.ids) for segment in segments)
        weights = _weights(terms) * _idf(papers, having)
        # A term that no other paper has finds none.
        telling = np.argsort(-weights * (having > 1), kind="stable")[:_TELLING]
        length = max(float(np.linalg.norm(weights)), 1e-6)
        scores = []
        for segment in segments:
            score = np.zeros(len(segment.ids), dtype=np.float32)
            for at, idf in zip(telling.tolist(), _idf(papers, having[telling]), strict=True):
                _add(score, segment.texts, int(terms.hashes[at]), float(weights[at] * idf))
            score /= segment.lengths * length
            score[segment.ids == paper_id] = 0
            scores.append(score)
        return _ranked(segments, [score >= _ALIKE for score in scores], scores, most)


class _Gathered:
    """Papers on their way into a segment: little is kept of each, so that many can be."""

    def __init__(self, papers: Iterable[tuple[Paper, Terms]], counts: Counter[str]) -> None:
        self.ids: list[int] = []
        self.seen: list[int] = []
        self.texts: list[Terms] = []
        self.facets: list[Terms] = []
        for paper, terms in papers:
            self.ids.append(paper.id or 0)
            self.seen.append(_micros(paper.first_seen_at))
            self.texts.append(terms)
            self.facets.append(counted(facets(paper)))
            counts.update(dict.fromkeys(paper.categories, 1))


class _Asked:
    """A query with the rarity of its terms."""

    def __init__(self, query: Query, segments: Sequence[_Segment]) -> None:
        self._query = query
        texts = [segment.texts for segment in segments]
        terms = counted(query.terms)
        idf = _idf_among(texts, terms.hashes)
        weights = _weights(terms) * idf
        weights *= idf / max(float(np.linalg.norm(weights)), 1e-6)
        self._terms = dict(zip(terms.hashes.tolist(), weights.tolist(), strict=True))
        stems = np.array([hash_of(word.stem) for word in query.words], dtype=np.uint32)
        self._rarity = _idf_among(texts, stems).tolist()

    def of(self, segment: _Segment) -> tuple[Floats, NDArray[np.float64]]:
        """The score of each paper, and the share of the query's words that it has."""
        score = np.zeros(len(segment.ids), dtype=np.float32)
        for term, weight in self._terms.items():
            _add(score, segment.texts, term, weight)
        score /= segment.lengths
        people = self._people(segment)
        share = np.zeros(len(segment.ids))
        for word, rarity in zip(self._query.words, self._rarity, strict=True):
            named = segment.any_of([hash_of(f"@{word.plain}")])
            score[named] += _NAME
            for pair, mine in people.items():
                named = named | mine if word.plain in pair else named
            named[segment.texts.of(hash_of(word.stem))[0]] = True
            share[named] += rarity
        for mine in people.values():
            score[mine] += _PERSON
        share = (share + 1e-6) / max(sum(self._rarity), 1e-6)
        return score, share * self._phrases(segment)

    def _people(self, segment: _Segment) -> dict[tuple[str, str], Mask]:
        masks = {pair: segment.any_of(of_person(*pair)) for pair in self._query.people}
        return {pair: mask for pair, mask in masks.items() if mask.any()}

    def _phrases(self, segment: _Segment) -> Mask:
        """Which papers may hold all phrases: by their words, or as an author's name."""
        mask = np.ones(len(segment.ids), dtype=bool)
        for text in self._query.phrases:
            mask &= _with_words(segment, analyse(text)) | _with_author(segment, text)
        return mask


def _with_words(segment: _Segment, terms: Collection[str]) -> Mask:
    mask = np.ones(len(segment.ids), dtype=bool)
    for term in terms:
        has = np.zeros(len(segment.ids), dtype=bool)
        has[segment.texts.of(hash_of(term))[0]] = True
        mask &= has
    return mask


def _with_author(segment: _Segment, name: str) -> Mask:
    family, given = name_parts(name)
    return segment.any_of(of_person(family, given[0]) if given else [hash_of(f"@{family}")])


def _allowed(segment: _Segment, category: str, since: datetime | None) -> Mask:
    mask = np.ones(len(segment.ids), dtype=bool)
    if category:
        mask = segment.any_of([hash_of("#" + category.lower().removesuffix(".*"))])
    if since is not None:
        mask &= segment.seen > _micros(since)
    return mask


def _ranked(
    segments: Sequence[_Segment],
    masks: Sequence[Mask],
    scores: Sequence[Floats] | None,
    most: int,
) -> list[int]:
    """The ids under the masks by score, the newer first among equals; without scores by time."""
    places = [np.flatnonzero(mask) for mask in masks]
    ids = _joined(s.ids[at] for s, at in zip(segments, places, strict=True))
    seen = _joined(s.seen[at] for s, at in zip(segments, places, strict=True))
    if scores is None:
        best = _top(seen, most)
        return _ordered(ids[best], -seen[best])
    score = np.concatenate([_ALL, *(s[at] for s, at in zip(scores, places, strict=True))])
    best = _top(score, most)
    return _ordered(ids[best], -seen[best], -score[best])


def _ordered(ids: Numbers, *keys: NDArray[np.generic]) -> list[int]:
    """The ids by the last of the keys, equal ones by that before it; the highest id first."""
    return [int(paper_id) for paper_id in ids[np.lexsort((-ids, *keys))]]


def _top(values: NDArray[np.generic], most: int) -> Numbers:
    """The places of the ``most`` highest values, in no order."""
    if len(values) <= most:
        return np.arange(len(values))
    return np.argpartition(values, len(values) - most)[len(values) - most :]


def _joined(arrays: Iterable[Numbers]) -> Numbers:
    return np.concatenate([_ALL, *arrays])


def _add(score: Floats, texts: Postings, term: int, weight: float) -> None:
    places, weights = texts.of(term)
    score[places] += weights * np.float32(weight)  # a paper stands once in a term's list


def _weights(terms: Terms) -> Floats:
    return (1 + np.log(np.maximum(terms.counts, 1))).astype(np.float32)


def _having(every: Sequence[Postings], hashes: Hashes) -> Numbers:
    """How many papers have each of some terms."""
    return sum((one.having(hashes) for one in every), start=np.zeros(len(hashes), np.int64))


def _idf(papers: int, having: Numbers) -> Floats:
    """The inverse document frequency of terms that so many of the papers have."""
    return (np.log((1 + papers) / (1 + having)) + 1).astype(np.float32)


def _idf_among(every: Sequence[Postings], hashes: Hashes) -> Floats:
    return _idf(sum(one.size for one in every), _having(every, hashes))


def _micros(moment: datetime | None) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) if moment else 0
