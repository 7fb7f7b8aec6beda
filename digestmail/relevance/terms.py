"""TF-IDF vectors of papers and of what profiles say, in one space."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, vstack
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.preprocessing import normalize

from digestmail.domain import Interest, Paper
from digestmail.text import readable, singular, words

MOST_TERMS = 50_000
MOST_PROFILE_TERMS = 64  # the strongest ones; more cost time and add noise

_STOP = frozenset(map(singular, ENGLISH_STOP_WORDS))


_APART = "\x00"  # between texts whose words are no neighbours; no text of a paper has it


def analyse(text: str) -> list[str]:
    """The terms of a text: stems and pairs of neighbouring stems, stop words left out."""
    return [term for part in text.split(_APART) for term in _terms(part)]


def _terms(text: str) -> list[str]:
    stems = [word.stem for word in words(readable(text))]
    telling = [len(stem) > 1 and stem not in _STOP and not stem.isdigit() for stem in stems]
    single = [stem for stem, tells in zip(stems, telling, strict=True) if tells]
    pairs = zip(pairwise(stems), pairwise(telling), strict=True)
    return single + [f"{a} {b}" for (a, b), tells in pairs if all(tells)]


def paper_text(paper: Paper) -> str:
    """What is read of a paper; the title counts twice."""
    return _APART.join((paper.title, paper.title, paper.abstract))


class TermSpace:
    """The terms of the papers to be judged, weighted by how rare they are among them."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._vectorizer = TfidfVectorizer(
            analyzer=analyse,
            sublinear_tf=True,
            max_features=MOST_TERMS,
            norm=None,
            dtype=np.float32,
        )
        texts = [paper_text(paper) for paper in papers]
        weights = csr_matrix(self._vectorizer.fit_transform([*texts, "untitled"]))
        self.papers = csr_matrix(normalize(weights))[:-1]  # normalize refuses to have no rows
        self.names: NDArray[np.object_] = self._vectorizer.get_feature_names_out()
        self._rarest = float(np.log(2 + len(papers)) + 1)  # the weight of a word no paper has
        self._known: dict[str, csr_matrix] = {}

    def profiles(self, interests: Sequence[Interest]) -> csr_matrix:
        """One vector of at most unit length for each interest, its strongest terms only.

        The words typed plus the mean of seed and liked papers, as in Rocchio, "Relevance feedback
        in information retrieval" (1971); ``disliked`` papers count apart.
        """
        typed = self._typed([_typed(interest) for interest in interests])
        liked = self._means([(*i.seeds, *i.liked) for i in interests])
        return _strongest(csr_matrix(typed + liked))

    def disliked(self, interests: Sequence[Interest]) -> csr_matrix:
        """The mean of what each interest disliked, as a unit vector, or zeros."""
        return self._means([interest.disliked for interest in interests])

    def _typed(self, texts: Sequence[str]) -> csr_matrix:
        """What was typed as vectors of at most unit length.

        Words that no paper has count for the length too: "music generation" must not become a
        wish for all that is generated on a day without music.
        """
        weights = csr_matrix(self._vectorizer.transform(texts))
        unknown = [self._unknown(text) for text in texts]
        lengths = np.sqrt(_squares(weights) + np.array(unknown) * self._rarest**2)
        return _divided(weights, np.maximum(lengths, 1e-6))

    def _unknown(self, text: str) -> int:
        vocabulary = self._vectorizer.vocabulary_
        return sum(" " not in term and term not in vocabulary for term in set(analyse(text)))

    def vector(self, paper: Paper) -> csr_matrix:
        """The unit vector of any paper, judged or not (1 x terms); computed once."""
        self._learn([paper])
        return self._known[paper.key]

    def _learn(self, papers: Sequence[Paper]) -> None:
        missing = [paper for paper in papers if paper.key not in self._known]
        if missing:
            weights = self._vectorizer.transform([paper_text(paper) for paper in missing])
            vectors = csr_matrix(normalize(weights))
            self._known |= {p.key: vectors[row] for row, p in enumerate(missing)}

    def _means(self, papers: Sequence[Sequence[Paper]]) -> csr_matrix:
        named = {paper.key: paper for some in papers for paper in some}
        self._learn(list(named.values()))
        if not named:
            return csr_matrix((len(papers), len(self.names)), dtype=np.float32)
        rows = {key: row for row, key in enumerate(named)}
        choice = _averaging([[rows[p.key] for p in some] for some in papers], len(rows))
        return csr_matrix(normalize(choice @ vstack([self._known[key] for key in named])))


def _typed(interest: Interest) -> str:
    return _APART.join((*interest.profile.keywords, interest.profile.interests))


def _averaging(choices: Sequence[Sequence[int]], width: int) -> csr_matrix:
    starts = np.cumsum([0, *map(len, choices)])
    values = [1 / len(some) for some in choices for _ in some]
    indices = [index for some in choices for index in some]
    return csr_matrix((values, indices, starts), shape=(len(choices), width), dtype=np.float32)


def _strongest(matrix: csr_matrix) -> csr_matrix:
    """Each row cut to its heaviest terms and to unit length; what weighs against is dropped."""
    matrix.sort_indices()  # sums in one order, whoever else is in the block
    matrix.data[matrix.data < 0] = 0
    for row in np.flatnonzero(np.diff(matrix.indptr) > MOST_PROFILE_TERMS):
        start, end = matrix.indptr[row], matrix.indptr[row + 1]
        weights = matrix.data[start:end]
        limit = np.partition(weights, -MOST_PROFILE_TERMS)[-MOST_PROFILE_TERMS]
        weights[weights < limit] = 0
    matrix.eliminate_zeros()
    return _divided(matrix, np.maximum(np.sqrt(_squares(matrix)), 1))


def _squares(matrix: csr_matrix) -> NDArray[np.float32]:
    """The squared length of each row."""
    return np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float32).ravel()


def _divided(matrix: csr_matrix, by: NDArray[np.float32]) -> csr_matrix:
    return csr_matrix(diags((1 / by).astype(np.float32)) @ matrix)
