"""What other programs do, as methods over the same papers.

Each method is prepared once for a benchmark and then judges one reader after the other. Their
settings are those of the programs named, so that a comparison is one with what people run.
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
# The scores of Split.pool, or None of a reader who told nothing that the method works on.
Judge = Callable[[Reader, Split], Scores | None]

_MOST_PAST = 20_000  # papers that arxiv-sanity-lite's method learns from, beside the liked ones
_MOST_RANDOM = 5_000  # the same for Scholar Inbox's
_DIMENSIONS = 256
_WORD = re.compile(r"\w+")
_K1, _B = 1.2, 0.75  # BM25's usual ones, which Elasticsearch has too


class Space:
    """The papers as texts and in the TF-IDF space that most methods share; made when asked for."""

    def __init__(self, benchmark: Benchmark) -> None:
        self.benchmark = benchmark
        self.texts = tuple(f"{paper.title} {paper.abstract}" for paper in benchmark.papers)

    @cached_property
    def recency(self) -> NDArray[np.float64]:
        """Of each paper in [0, 1), higher is later; all 0 where no dates are known."""
        days, places = np.unique(self.benchmark.published, return_inverse=True)
        recency: NDArray[np.float64] = places / len(days)
        return recency

    @cached_property
    def _fitted(self) -> tuple[TfidfVectorizer, csr_matrix]:
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
        return self._fitted[1]

    def vector(self, text: str) -> NDArray[np.float32]:
        """The TF-IDF vector of any text."""
        dense: NDArray[np.float32] = self._fitted[0].transform([text]).toarray().ravel()
        return dense


def fitted(vectorizer: CountVectorizer, texts: Sequence[str]) -> csr_matrix:
    """The texts in the space that they make, or InputError where they are too few for one."""
    try:
        return csr_matrix(vectorizer.fit_transform(texts))
    except ValueError:
        few = f"{len(texts)} papers share too few words for this method; it needs more of them"
        raise InputError("papers", few) from None


# --- without a model -------------------------------------------------------------------------


def chronological(space: Space) -> Judge:
    """The newest first."""

    def judge(_: Reader, split: Split) -> Scores | None:
        return space.recency[split.pool] if space.recency.any() else None

    return judge


def keywords(space: Space) -> Judge:
    """Those with most of the reader's keywords first, the newest among equals."""
    texts = [_spaced(text) for text in space.texts]

    def judge(reader: Reader, split: Split) -> Scores | None:
        wanted = {_spaced(keyword) for keyword in reader.keywords}
        if not wanted:
            return None
        hits = [sum(keyword in texts[position] for keyword in wanted) for position in split.pool]
        return np.array(hits) + space.recency[split.pool]

    return judge


def _spaced(text: str) -> str:
    """The words in lower case with a blank around each, so that whole words are compared."""
    return f" {' '.join(_WORD.findall(text.lower()))} "


def bm25(space: Space) -> Judge:
    """BM25 of what the reader typed, as arXivDigest's Elasticsearch has it."""
    weighted = cache(_bm25_weights)  # nothing to be made where nobody typed anything

    def judge(reader: Reader, split: Split) -> Scores | None:
        if not reader.query:
            return None
        counter, weights = weighted(space.texts)
        asked = (counter.transform([reader.query]) > 0).toarray().ravel()
        scores: Scores = weights[split.pool] @ asked
        return scores

    return judge


def _bm25_weights(texts: Sequence[str]) -> tuple[CountVectorizer, csr_matrix]:
    """What each word brings each text that is asked for it (texts x words)."""
    counter = CountVectorizer(strip_accents="unicode", stop_words="english")
    weights = fitted(counter, texts).astype(np.float64)
    having = np.bincount(weights.indices, minlength=weights.shape[1])
    rarity = np.log1p((len(texts) - having + 0.5) / (having + 0.5))
    length = np.asarray(weights.sum(axis=1)).ravel()
    norm = np.repeat(_K1 * (1 - _B + _B * length / length.mean()), np.diff(weights.indptr))
    weights.data *= rarity[weights.indices] * (_K1 + 1) / (weights.data + norm)
    return counter, weights


# --- likeness --------------------------------------------------------------------------------


def rocchio(space: Space) -> Judge:
    """Likeness to what the reader typed plus the centre of what was liked (Rocchio, 1971)."""

    def judge(reader: Reader, split: Split) -> Scores | None:
        wanted = np.zeros(space.papers.shape[1])
        if len(split.liked):
            wanted += normalize(np.asarray(space.papers[split.liked].mean(axis=0))).ravel()
        if reader.query:
            wanted += space.vector(reader.query)
        return space.papers[split.pool] @ wanted if wanted.any() else None

    return judge


def nearest(space: Space) -> Judge:
    """Likeness to the most similar liked paper."""

    def judge(_: Reader, split: Split) -> Scores | None:
        if not len(split.liked):
            return None
        likeness = (space.papers[split.pool] @ space.papers[split.liked].T).toarray()
        best: Scores = likeness.max(axis=1)
        return best

    return judge


def zotero(space: Space) -> Judge:
    """Likeness to the liked papers, the later ones weighing more, as in zotero-arxiv-daily.

    There on embeddings of sentences, here on TF-IDF.
    """

    def judge(_: Reader, split: Split) -> Scores | None:
        if not len(split.liked):
            return None
        weights = 1 / (1 + np.log10(np.arange(len(split.liked)) + 1))
        latest_first = space.papers[split.liked[::-1]]
        scores: Scores = space.papers[split.pool] @ (latest_first.T @ (weights / weights.sum()))
        return scores

    return judge


# --- classifiers -----------------------------------------------------------------------------


def sanity(space: Space) -> Judge:
    """A linear SVM of the liked papers against the others, as arxiv-sanity-lite has it."""
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

    def judge(reader: Reader, split: Split) -> Scores | None:
        return _classified(model, vectors, split, _drawn(split.past, _MOST_PAST, reader.user))

    return judge


def inbox(space: Space) -> Judge:
    """Logistic regression of liked against disliked and random papers: Scholar Inbox's recipe.

    There on embeddings, here on latent semantic analysis of TF-IDF.
    """
    dimensions = min(_DIMENSIONS, min(space.papers.shape) - 1)
    reduce = TruncatedSVD(max(dimensions, 1), n_iter=3, random_state=0)
    vectors = normalize(reduce.fit_transform(space.papers))
    model = LogisticRegression(class_weight="balanced", solver="liblinear", max_iter=200)

    def judge(reader: Reader, split: Split) -> Scores | None:
        disliked = space.benchmark.positions(reader.disliked)
        random = _drawn(np.setdiff1d(split.past, disliked), _MOST_RANDOM, reader.user)
        return _classified(model, vectors, split, np.concatenate([disliked, random]))

    return judge


def _drawn(rows: Positions, most: int, user: str) -> Positions:
    """At most so many of the rows, for each user always the same."""
    if len(rows) <= most:
        return rows
    # RandomState, as its draws stay the same in all versions of NumPy.
    random = np.random.RandomState(zlib.crc32(user.encode()))
    return random.choice(rows, most, replace=False)


def _classified(
    model: LinearSVC | LogisticRegression,
    vectors: csr_matrix | NDArray[np.float64],
    split: Split,
    others: Positions,
) -> Scores | None:
    """The decision values of the pool, by a model fitted to the liked papers and others."""
    if not len(split.liked) or not len(others):
        return None
    target = np.repeat([1, 0], [len(split.liked), len(others)])
    model.fit(vectors[np.concatenate([split.liked, others])], target)
    scores: Scores = model.decision_function(vectors[split.pool])
    return scores


BASELINES: dict[str, Callable[[Space], Judge]] = {
    method.__name__: method
    for method in (chronological, keywords, bm25, rocchio, nearest, sanity, zotero, inbox)
}
