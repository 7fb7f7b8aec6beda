"""The methods of other programs, over the same papers.

Each method is fitted once to a benchmark and then scores the papers of one reader after another.
Their settings are those of the programs named, so that we compare with programs that people run.
"""

import re
import zlib
from collections.abc import Callable, Sequence
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from digestmail.errors import InputError
from digestmail.evaluation.read import Benchmark, Positions, Reader, Split

Scores = NDArray[np.float64]
# The scores of Split.pool, or None for a reader who said nothing that the method can go by.
Ranker = Callable[[Reader, Split], Scores | None]

_PAST_LIMIT = 20_000  # papers that arxiv-sanity-lite learns from, beside the liked ones
_RANDOM_LIMIT = 5_000  # the same for Scholar Inbox
_DIMENSIONS = 256
_WORD = re.compile(r"\w+")
_K1, _B = 1.2, 0.75  # BM25's usual ones, which Elasticsearch has too


class Space:
    """The papers as texts and in the TF-IDF space that most methods share."""

    def __init__(self, benchmark: Benchmark) -> None:
        self.benchmark = benchmark
        self.texts = tuple(f"{paper.title} {paper.abstract}" for paper in benchmark.papers)

    @cached_property
    def recency(self) -> NDArray[np.float64]:
        """The recency of each paper in [0, 1), higher is later; all 0 where no dates are known."""
        days, places = np.unique(self.benchmark.published, return_inverse=True)
        recency: NDArray[np.float64] = places / len(days)
        return recency

    @cached_property
    def _vectors(self) -> tuple[TfidfVectorizer, csr_matrix]:
        vectorizer = TfidfVectorizer(
            strip_accents="unicode",
            stop_words="english",
            ngram_range=(1, 2),
            min_df=2,
            max_df=0.5,
            max_features=200_000,
            sublinear_tf=True,
            dtype=np.float32,
        )
        return vectorizer, fitted(vectorizer, self.texts)

    @property
    def papers(self) -> csr_matrix:
        """Unit TF-IDF vectors (papers x terms)."""
        return self._vectors[1]

    def vector(self, text: str) -> NDArray[np.float32]:
        """Return the TF-IDF vector of a text."""
        dense: NDArray[np.float32] = self._vectors[0].transform([text]).toarray().ravel()
        return dense


def fitted(vectorizer: CountVectorizer, texts: Sequence[str]) -> csr_matrix:
    """Fit a vectorizer to texts and return their rows; InputError where they are too few."""
    try:
        return csr_matrix(vectorizer.fit_transform(texts))
    except ValueError:
        message = f"{len(texts)} papers have too few words in common; this method needs more papers"
        raise InputError("papers", message) from None


# --- without a model -------------------------------------------------------------------------


def chronological(space: Space) -> Ranker:
    """Rank the newest first."""

    def scores_of(_: Reader, split: Split) -> Scores | None:
        return space.recency[split.pool] if space.recency.any() else None

    return scores_of


def keywords(space: Space) -> Ranker:
    """Rank papers by the number of the reader's keywords in them, then the newest first."""
    texts = [_spaced(text) for text in space.texts]

    def scores_of(reader: Reader, split: Split) -> Scores | None:
        phrases = {_spaced(keyword) for keyword in reader.keywords}
        if not phrases:
            return None
        hits = [sum(phrase in texts[position] for phrase in phrases) for position in split.pool]
        return np.array(hits) + space.recency[split.pool]

    return scores_of


def _spaced(text: str) -> str:
    """Return the words in lower case with a blank around each, to compare whole words."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


def bm25(space: Space) -> Ranker:
    """Rank by BM25 of keywords and interests, as arXivDigest does with Elasticsearch."""
    weights_of = cache(_bm25_weights)  # not computed where nobody typed anything

    def scores_of(reader: Reader, split: Split) -> Scores | None:
        if not reader.query:
            return None
        counter, weights = weights_of(space.texts)
        query = (counter.transform([reader.query]) > 0).toarray().ravel()
        scores: Scores = weights[split.pool] @ query
        return scores

    return scores_of


def _bm25_weights(texts: Sequence[str]) -> tuple[CountVectorizer, csr_matrix]:
    """Return the BM25 weight of each word in each text (texts x words)."""
    counter = CountVectorizer(strip_accents="unicode", stop_words="english")
    weights = fitted(counter, texts).astype(np.float64)
    having = np.bincount(weights.indices, minlength=weights.shape[1])
    rarity = np.log1p((len(texts) - having + 0.5) / (having + 0.5))
    length = np.asarray(weights.sum(axis=1)).ravel()
    norm = np.repeat(_K1 * (1 - _B + _B * length / length.mean()), np.diff(weights.indptr))
    weights.data *= rarity[weights.indices] * (_K1 + 1) / (weights.data + norm)
    return counter, weights


# --- similarity ------------------------------------------------------------------------------


def rocchio(space: Space) -> Ranker:
    """Rank by the cosine with typed text plus the centroid of liked papers (Rocchio, 1971)."""

    def scores_of(reader: Reader, split: Split) -> Scores | None:
        query = np.zeros(space.papers.shape[1])
        if len(split.liked):
            query += normalize(np.asarray(space.papers[split.liked].mean(axis=0))).ravel()
        if reader.query:
            query += space.vector(reader.query)
        return space.papers[split.pool] @ query if query.any() else None

    return scores_of


def nearest(space: Space) -> Ranker:
    """Rank by the cosine with the most similar liked paper."""

    def scores_of(_: Reader, split: Split) -> Scores | None:
        if not len(split.liked):
            return None
        cosines = (space.papers[split.pool] @ space.papers[split.liked].T).toarray()
        scores: Scores = cosines.max(axis=1)
        return scores

    return scores_of


def zotero(space: Space) -> Ranker:
    """Rank by cosines with liked papers, later ones weighing more, as zotero-arxiv-daily does.

    It uses sentence embeddings, here it is TF-IDF.
    """

    def scores_of(_: Reader, split: Split) -> Scores | None:
        if not len(split.liked):
            return None
        weights = 1 / (1 + np.log10(np.arange(len(split.liked)) + 1))
        latest_first = space.papers[split.liked[::-1]]
        scores: Scores = space.papers[split.pool] @ (latest_first.T @ (weights / weights.sum()))
        return scores

    return scores_of


# --- classifiers -----------------------------------------------------------------------------


def sanity(space: Space) -> Ranker:
    """Rank by a linear SVM of the liked papers against the rest, as arxiv-sanity-lite does."""
    vectorizer = TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",  # noqa: S106 - a token of text
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        max_df=0.1,
        min_df=5,
    )
    authors = [" ".join(paper.authors) for paper in space.benchmark.papers]
    texts = [f"{text} {names}" for text, names in zip(space.texts, authors, strict=True)]
    vectors = fitted(vectorizer, texts)
    model = LinearSVC(class_weight="balanced", C=0.01, tol=1e-6, max_iter=10_000, random_state=0)

    def scores_of(reader: Reader, split: Split) -> Scores | None:
        return _decision_values(
            model, vectors, split, _sample(split.past, _PAST_LIMIT, reader.user)
        )

    return scores_of


def inbox(space: Space) -> Ranker:
    """Rank by logistic regression of liked against disliked and random papers (Scholar Inbox).

    It uses embeddings, here it is latent semantic analysis of TF-IDF.
    """
    dimensions = min(_DIMENSIONS, min(space.papers.shape) - 1)
    reduce = TruncatedSVD(max(dimensions, 1), n_iter=3, random_state=0)
    vectors = normalize(reduce.fit_transform(space.papers))
    model = LogisticRegression(class_weight="balanced", solver="liblinear", max_iter=200)

    def scores_of(reader: Reader, split: Split) -> Scores | None:
        disliked = space.benchmark.positions(reader.disliked)
        random = _sample(np.setdiff1d(split.past, disliked), _RANDOM_LIMIT, reader.user)
        return _decision_values(model, vectors, split, np.concatenate([disliked, random]))

    return scores_of


def _sample(rows: Positions, limit: int, user: str) -> Positions:
    """Return at most ``limit`` of the rows, for each user always the same."""
    if len(rows) <= limit:
        return rows
    # RandomState, as its draws stay the same in all versions of NumPy.
    random = np.random.RandomState(zlib.crc32(user.encode()))
    return random.choice(rows, limit, replace=False)


def _decision_values(
    model: LinearSVC | LogisticRegression,
    vectors: csr_matrix | NDArray[np.float64],
    split: Split,
    negatives: Positions,
) -> Scores | None:
    """Return the decision values of the pool, by a model fitted to liked papers and negatives."""
    if not len(split.liked) or not len(negatives):
        return None
    target = np.repeat([1, 0], [len(split.liked), len(negatives)])
    model.fit(vectors[np.concatenate([split.liked, negatives])], target)
    scores: Scores = model.decision_function(vectors[split.pool])
    return scores


BASELINES: dict[str, Callable[[Space], Ranker]] = {
    method.__name__: method
    for method in (chronological, keywords, bm25, rocchio, nearest, sanity, zotero, inbox)
}
