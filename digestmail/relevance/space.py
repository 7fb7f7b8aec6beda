"""Papers as vectors: what their terms and categories weigh, and the themes that terms stand in.

Weights are TF-IDF. Themes are the axes of latent semantic analysis (Deerwester and others, 1990), a
truncated singular value decomposition of the background.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag
from scipy.sparse import csr_matrix, diags
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd

from digestmail.domain import Paper
from digestmail.relevance.categories import Categories
from digestmail.relevance.dense import Dense, Embedder
from digestmail.relevance.products import Products
from digestmail.relevance.terms import (
    Features,
    Terms,
    analyse,
    counted,
    hash_of,
    matrix_of,
    paper_text,
    single,
)
from digestmail.text import readable, words

THEMES = 256
_MOST_SHARE = 0.5  # a term in more of the papers tells nothing
_MOST_FITTED = 8_000  # papers that the themes are found in
_LEAST_IN_THEME = 3  # papers that a term of a theme must stand in
_RIDGE = 5.0  # added to the covariance of the themes, in units of its mean variance
_MEANING = 2.0  # what likeness of meaning counts against that of themes
_PAIR = 0.3  # of a typed pair's weight: it says again what its words say
_RARITY = 0.7  # the power of the IDF that typed words have; that of papers' comes on top
_CATEGORIES = 0.06  # what the cosine of categories counts against that of terms
_ENOUGH = 500  # papers; among fewer a term of one single paper may be all there is


class Space:
    """The vectors of ``papers``, of other papers for a ``background``, and of any text.

    The background that all is measured against has the papers themselves in it. With an
    ``embedder`` the axes of its vectors are themes too.
    """

    def __init__(
        self,
        papers: Sequence[Paper],
        background: Sequence[Paper],
        features: Features,
        embedder: Embedder | None = None,
    ) -> None:
        self._papers = papers
        self.keys = [paper.key for paper in (*papers, *background)]  # of the rows of background
        self._names: dict[str, dict[int, str]] = {}
        self._words: dict[str, tuple[list[str], list[str]]] = {}
        self._embedder = embedder if papers or background else None
        self._features = features
        terms = features.terms([*papers, *background])
        self._columns = np.unique(np.concatenate([some.hashes for some in terms] or [_NONE]))
        counts = matrix_of(terms, self._columns)
        self._rarity, self._idf = _rarity(counts)
        self._categories = Categories([*papers, *background])
        every = self._weighted(counts)
        self._themes = Themes(every)
        # The judged are part of the background: else all of a field looks special.
        self.background = self._with_categories(every, [*papers, *background])
        self.papers = self.background[: len(papers)]
        self.texts = self.terms_of(self.papers)
        self.products = Products(self.papers)
        self.centre = _mean(self.background)
        self._meaning_axes = 0
        self._meanings = self._embedded([*papers, *background])
        self._inverse = self._themes.inverse
        if self._embedder is not None:
            self._meaning_axes = self._meanings.shape[1]
            meanings = Meanings(self._meanings)
            self._meaning_centre = meanings.centre
            self._inverse = block_diag(_even(self._themes), _MEANING * _even(meanings)).astype(
                np.float32
            )
        self.background_themes = self.themes_of(self.background, self._meanings)
        self.paper_themes = self.background_themes[: len(papers)]

    def _embedded(self, papers: Sequence[Paper]) -> Dense:
        if self._embedder is None or not papers:
            return np.zeros((len(papers), self._meaning_axes), dtype=np.float32)
        return self._embedder.papers(papers, self._features)

    def themes_of(self, vectors: csr_matrix, meanings: Dense) -> Dense:
        """The coordinates of papers or texts by their vectors (rows x themes)."""
        of_words = self._themes.of(vectors)
        if self._embedder is None:
            return of_words
        there = np.any(meanings, axis=1)[:, None]
        return np.hstack([of_words, (meanings - self._meaning_centre) * there]).astype(np.float32)

    def themes_of_papers(self, papers: Sequence[Paper], vectors: csr_matrix) -> Dense:
        """The coordinates of any papers."""
        return self.themes_of(vectors, self._embedded(papers))

    def themes_of_texts(self, texts: Sequence[str], vectors: csr_matrix) -> Dense:
        """The coordinates of what was typed."""
        nothing = np.zeros((len(texts), 0), dtype=np.float32)
        meanings = self._embedder.texts(texts) if self._embedder else nothing
        return self.themes_of(vectors, meanings)

    def whitened(self, wishes: Dense) -> Dense:
        """The weights of coordinates that find what is like ``wishes`` (rows x themes)."""
        return wishes @ self._inverse

    @property
    def has_meanings(self) -> bool:
        """Whether an embedder's axes are among the themes."""
        return self._embedder is not None

    @property
    def size(self) -> int:
        """How many columns vectors have: the terms, then the categories."""
        return len(self._columns) + self._categories.size

    def of_papers(self, papers: Sequence[Paper]) -> csr_matrix:
        """The vectors of any papers (papers x ``size``); their terms have unit length."""
        return self._with_categories(self.of_terms(self._features.terms(papers)), papers)

    def of_terms(self, some: Sequence[Terms]) -> csr_matrix:
        """The vectors of texts (texts x ``size``), of unit length; unknown words are left out."""
        return self._weighted(matrix_of(some, self._columns))

    def _with_categories(self, terms: csr_matrix, papers: Sequence[Paper]) -> csr_matrix:
        """The vectors of papers by those of their terms, which stay; categories alone make none."""
        own = self._categories.of(papers)
        told = np.repeat(np.diff(terms.indptr) > 0, np.diff(own.indptr))
        weights = told * own.data * np.float32(np.sqrt(_CATEGORIES))
        columns = own.indices + len(self._columns)
        found = csr_matrix(terms + csr_matrix((weights, columns, own.indptr), shape=terms.shape))
        found.eliminate_zeros()
        return found

    def terms_of(self, vectors: csr_matrix) -> csr_matrix:
        """Vectors without the categories (rows x terms)."""
        return csr_matrix(vectors[:, : len(self._columns)])

    def categories_of(self, vectors: csr_matrix) -> csr_matrix:
        """The categories of vectors alone (rows x categories)."""
        return csr_matrix(vectors[:, len(self._columns) :])

    def of_typed(self, texts: Sequence[Sequence[str]]) -> csr_matrix:
        """The same of terms that somebody typed, which are few, and none of them by chance."""
        vectors = self.of_terms([counted(terms) for terms in texts])
        pairs = np.array(
            [hash_of(t) for terms in texts for t in terms if " " in t], dtype=np.uint32
        )
        paired = np.isin(self._columns[vectors.indices], pairs)
        vectors.data *= np.where(paired, np.float32(_PAIR), np.float32(1))
        vectors.data *= self._idf[vectors.indices] ** np.float32(_RARITY - 1)
        return csr_matrix(normalize(vectors)) if all(vectors.shape) else vectors

    def shares_of_words(self, texts: Sequence[Sequence[str]]) -> csr_matrix:
        """What part of the rarity of each text's words each of them is (texts x terms).

        The parts of a text add up to 1, less those of words that no paper has: they are as rare as
        can be.
        """
        shares = self.words_of(texts)
        unknown = np.array([len(single(terms)) for terms in texts]) - np.diff(shares.indptr)
        shares.data = self._rarity[shares.indices]
        rarest = np.log(1 + self.background.shape[0]) + 1
        whole = np.asarray(shares.sum(axis=1)).ravel() + unknown * rarest
        return csr_matrix(diags(1 / np.maximum(whole, 1e-9)) @ shares, dtype=np.float32)

    def words_of(self, texts: Sequence[Sequence[str]]) -> csr_matrix:
        """The words among the terms of texts (texts x terms), each as 1; unknown ones left out."""
        return matrix_of([counted(single(terms)) for terms in texts], self._columns)

    def _weighted(self, counts: csr_matrix) -> csr_matrix:
        """Rows of unit length: (1 + log count) x IDF, with room for the categories."""
        weighted = counts.copy()
        weighted.resize(counts.shape[0], self.size)
        weighted.data = (1 + np.log(weighted.data)) * self._idf[weighted.indices]
        weighted.eliminate_zeros()
        return csr_matrix(normalize(weighted)) if all(weighted.shape) else weighted

    def near(self, paper: int, wish: Dense) -> list[str]:
        """The terms of one of ``papers`` that bring it near a wish over themes, strongest first."""
        row, named = self.texts[paper], self.names([self._papers[paper]])
        axes = self._themes.axis(row.indices)
        brought = row.data * (axes @ wish[: axes.shape[1]])
        order = np.argsort(-brought, kind="stable")
        return [named[int(row.indices[at])] for at in order if brought[at] > 0]

    def has(self, hashes: Collection[int]) -> NDArray[np.bool_]:
        """Whether any paper has each of some terms."""
        wanted = np.fromiter(hashes, dtype=np.uint32, count=len(hashes))
        at = np.searchsorted(self._columns, wanted)
        at[at == len(self._columns)] = 0
        return self._columns[at] == wanted if len(self._columns) else np.zeros(len(at), bool)

    def categories(self, papers: Sequence[Paper]) -> dict[int, str]:
        """The categories of these papers, by column of ``categories_of``."""
        named = self._categories.named
        return {column: code for paper in papers for column, code in named(paper).items()}

    def names(self, papers: Sequence[Paper]) -> dict[int, str]:
        """What the terms of these papers are called, by column; looked up once for a paper."""
        for paper in papers:
            if paper.key not in self._names:
                self._names[paper.key] = self._named(paper)
        return {c: name for paper in papers for c, name in self._names[paper.key].items()}

    def written(self, paper: Paper, terms: Sequence[str]) -> tuple[str, ...]:
        """Terms as a paper writes them where they first stand: "physics", not "physic"."""
        if paper.key not in self._words:
            found = words(readable(" ; ".join((paper.title, paper.abstract))))
            self._words[paper.key] = ([w.stem for w in found], [w.plain for w in found])
        stems, plain = self._words[paper.key]
        return tuple(_as_written(term.split(), stems, plain) or term for term in terms)

    def _named(self, paper: Paper) -> dict[int, str]:
        terms = sorted(_distinct(paper))
        hashes = np.array([hash_of(term) for term in terms], dtype=np.uint32)
        at = np.searchsorted(self._columns, hashes)
        at[at == len(self._columns)] = 0
        known = self._columns[at] == hashes if len(self._columns) else np.zeros(len(at), bool)
        return {int(at[n]): term for n, term in enumerate(terms) if known[n]}


def _as_written(term: list[str], stems: list[str], plain: list[str]) -> str:
    size = len(term)
    at = (at for at in range(len(stems)) if stems[at] == term[0] and stems[at : at + size] == term)
    first = next(at, None)
    return "" if first is None else " ".join(plain[first : first + size])


def _distinct(paper: Paper) -> set[str]:
    return set(analyse(paper_text(paper)))


_NONE = np.zeros(0, dtype=np.uint32)


def _rarity(counts: csr_matrix) -> tuple[Dense, Dense]:
    """The inverse document frequency of each column, 0 of what most papers have.

    Also the same with 0 of what a single paper has: it tells nothing of two papers' likeness.
    """
    papers = counts.shape[0]
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity: Dense = (np.log((1 + papers) / (1 + having)) + 1).astype(np.float32)
    if papers >= _ENOUGH:
        rarity[having > _MOST_SHARE * papers] = 0
    alone = (having < 2) & (papers >= _ENOUGH)
    return rarity, np.where(alone, np.float32(0), rarity)


def _mean(rows: csr_matrix) -> Dense:
    if not rows.shape[0]:
        return np.zeros(rows.shape[1], dtype=np.float32)
    return np.asarray(rows.mean(axis=0), dtype=np.float32).ravel()


class Themes:
    """At most THEMES axes along which ``rows`` differ, found once; coordinates are about 0.

    ``inverse`` undoes what coordinates have in common by chance of the collection: likeness to a
    theme that every third paper has tells less than likeness to a rare one. It is the direction of
    linear discriminant analysis (Fisher, 1936) with the background as the class of all others.
    """

    def __init__(self, rows: csr_matrix) -> None:
        often = np.bincount(rows.indices, minlength=rows.shape[1]) >= _LEAST_IN_THEME
        self._terms = np.flatnonzero(often)
        fitted = rows[spread(rows.shape[0], _MOST_FITTED)][:, self._terms]
        size = min(THEMES, *(side // 3 for side in fitted.shape))
        self._axes = np.zeros((len(self._terms), 0), dtype=np.float32)
        if size:
            _, _, axes = randomized_svd(fitted, size, n_oversamples=20, n_iter=2, random_state=0)
            self._axes = np.ascontiguousarray(axes.T, dtype=np.float32)
        self._centre = np.zeros(size, dtype=np.float32)
        coordinates = self.of(rows)
        self._centre = coordinates.mean(axis=0) if size else self._centre
        self.coordinates = coordinates - self._centre
        self.inverse = _inverse(self.coordinates)

    def of(self, rows: csr_matrix) -> Dense:
        """The coordinates of vectors (rows x themes), from the background's centre."""
        found = np.asarray(rows[:, self._terms] @ self._axes, dtype=np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        centred: Dense = found / np.maximum(lengths, 1e-9) - self._centre
        return centred

    def axis(self, columns: NDArray[np.int32]) -> Dense:
        """The coordinates of single terms (terms x themes); 0 for those of no theme."""
        found = np.zeros((len(columns), self._axes.shape[1]), dtype=np.float32)
        at = np.searchsorted(self._terms, columns)
        at[at == len(self._terms)] = 0
        known = self._terms[at] == columns if len(self._terms) else np.zeros(len(columns), bool)
        found[known] = self._axes[at[known]]
        return found


class Meanings:
    """The axes of an embedder's vectors (papers x size), from their centre, as Themes has them."""

    def __init__(self, vectors: Dense) -> None:
        self.centre: Dense = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1])
        self.coordinates: Dense = vectors - self.centre
        self.inverse = _inverse(self.coordinates)


def _even(axes: Themes | Meanings) -> Dense:
    """The inverse, so that likeness among the background has a spread of 1."""
    some = axes.coordinates[spread(len(axes.coordinates), 500)]
    likeness = some @ axes.inverse @ some.T
    even: Dense = axes.inverse / max(float(likeness.std()), 1e-9)
    return even


def spread(size: int, most: int) -> NDArray[np.int64]:
    """At most ``most`` indices below ``size``, evenly spread: the same each time."""
    return np.unique(np.linspace(0, size - 1, min(size, most)).astype(np.int64))


def _inverse(centred: Dense) -> Dense:
    size = centred.shape[1]
    if not size:
        return np.zeros((0, 0), dtype=np.float32)
    covariance = centred.T @ centred / len(centred)
    usual = max(float(np.trace(covariance)) / size, 1e-9)
    inverse = np.linalg.inv(covariance + _RIDGE * usual * np.eye(size, dtype=np.float32))
    scaled: Dense = inverse.astype(np.float32) * (usual * (1 + _RIDGE))
    return scaled  # near 1 where axes vary as usual
