"""From what a profile says and was shown to a linear model of it, for many profiles at once.

A profile has up to two halves. What its papers - seeds, likes, dislikes - have that others lack is
their mean from the background's centre, as in Rocchio, "Relevance feedback in information
retrieval" (1971), over terms, with which categories are counted, and over themes. From many likes'
terms a part of what their rivals have is taken, see ``rivals``; where likes are few, what lies
beside them is more likely wanted than not, and a part of it is added, as in pseudo-relevance
feedback. What was typed is the same of a text. Each half is put on one scale: over the background
its mean is 0 and its standard deviation 1.

How far the halves are to be trusted shows in the liked papers themselves: how high the text alone
puts them above the background, and how high the other liked papers put each of them. For two
independent normal features of equal spread, the best linear mix weighs them by these heights
(Fisher's discriminant). So words that do not find what their author likes lose their say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, identity

from digestmail.domain import Interest, Paper
from digestmail.relevance import rows
from digestmail.relevance.dense import Dense
from digestmail.relevance.library import Library
from digestmail.relevance.products import Products
from digestmail.relevance.rivals import Rivals
from digestmail.relevance.rows import Added
from digestmail.relevance.space import Space
from digestmail.relevance.terms import analyse, hash_of, joined, single
from digestmail.relevance.wishes import Near, Typed, Wishes

_SAMPLE = 1_000  # papers of the background that the scales are taken from
# What is believed of a scale before the background is seen, as if so many papers told it.
_BELIEF = 50
_USUAL = {"terms": (0.01, 0.025), "themes": (0.0, 0.06), "near": (0.03, 0.018)}  # mean, spread
_LEAST_SPREAD = 0.004  # a text the sample has no word of is no infinite surprise
_NEAR = 0.3  # what the nearest of many liked papers count beside their mean
_ALIKE = 4.0  # likes, up to which their mean tells all of them
_TAKEN = 0.6  # what the mean loses of what these count, so that values keep what they mean
_DISLIKED = 0.1  # what the mean of dislikes takes: more would bury a field for one paper
_RIVALS = 0.6  # what the mean of rivals takes at most
_FEW = 10.0  # likes, up to which rivals take nothing, but add
_MANY = 30.0  # likes: see ``_rivalry``
_THEMES = {False: 1.0, True: 2.0}  # what themes count beside terms, without and with meanings
_THEMES_TYPED = 0.5  # what themes count where only a few words are known
_TYPED = 0.25  # what a text counts that is as trustworthy as the papers
_DISLIKES_ALONE = 0.3  # what dislikes count beside a text, before there is a like
_LASTS = 2.0  # likes, after which what was typed counts half: then they show what is meant
_APART, _TOUCHING = 0.5, 0.3  # what is left of a text beside another field; trust that ends it
_LEAST_HEIGHT = 0.3
_FEW_PAIRS = 2.0  # pairs of likes, below which their height is doubtful
_USUAL_HEIGHT = 3.0  # of a liked paper, where there is no other to tell
_MOST_TRUST = 3.0  # of a text, against that of the papers
_MOST_READ = 20_000  # papers judged that are held for other profiles: 140 MB
MOST_TERMS = 1_000  # of a profile, the heaviest


@dataclass(frozen=True, slots=True)
class _Half:
    """A half of some profiles: functions of a paper's terms, and of its themes.

    ``means`` and ``spreads`` tell where these lie over the background, ``whole`` is the spread of
    their sum once each is put on one scale, with ``share`` for the themes.
    """

    terms: Added
    centre: Dense
    themes: Dense
    share: float
    means: tuple[Dense, Dense]
    spreads: tuple[Dense, Dense]
    whole: Dense

    def weighed(self, weight: Dense) -> tuple[Dense, Dense, Dense]:
        """What terms, themes and the offset count when the half counts ``weight``."""
        of_terms = weight / self.whole / self.spreads[0]
        of_themes = weight / self.whole / self.spreads[1] * self.share
        return of_terms, of_themes, of_terms * self.means[0] + of_themes * self.means[1]

    def height(self, of_terms: Dense, of_themes: Dense) -> Dense:
        """What function values stand for on the half's own scale."""
        terms = (of_terms - self.means[0]) / self.spreads[0]
        themes = (of_themes - self.means[1]) / self.spreads[1]
        height: Dense = (terms + self.share * themes) / self.whole
        return height


@dataclass(frozen=True, slots=True)
class _Say:
    """How much each part of what is known of some profiles counts, (profiles,) each."""

    papers: Dense
    near: Dense
    text: Dense
    keywords: Dense  # in [0, 1]
    fresh: Dense  # how far likes speak for the profile, in [0, 1]: as they fade, it is all typed
    hopes: NDArray[np.bool_]  # whether there is more than dislikes


@dataclass(frozen=True, slots=True)
class _Shown:
    """The liked or disliked papers of some profiles, summed up."""

    choice: csr_matrix  # the part that each paper of the library has in the weighted mean
    themes: Dense
    weight: Dense  # sums of weights
    squares: Dense  # sums of squared weights
    own_terms: Dense  # weighted means of what each paper has with itself, from the centre
    own_themes: Dense
    of_sample: Dense  # what the mean has with each paper of the sample (profiles x sample)


class Learner:
    """Makes the linear models of profiles in one space."""

    def __init__(self, space: Space) -> None:
        self._space = space
        count = space.background.shape[0]
        chosen = np.unique(np.linspace(0, max(count - 1, 0), min(count, _SAMPLE)).astype(np.int64))
        self._sample = space.background[chosen] if count else space.background
        self._sample_themes = space.background_themes[chosen] if count else space.background_themes
        self._length = float(space.centre @ space.centre)
        self._products = Products(self._sample)
        self._keys = [space.keys[at] for at in chosen.tolist()]
        self._library = Library(space, self._products, self._keys)
        self._rivals = Rivals(space)
        self._rivals_of_sample = self._products.of(self._rivals.vectors)

    def learn(self, interests: Sequence[Interest]) -> Wishes:
        """The linear models of some profiles; of one that tells nothing all is 0."""
        self._read(interests)
        vouching = [_vouching(interest) for interest in interests]
        liked = self._summed([papers for papers, _ in vouching], [told for _, told in vouching])
        disliked = self._summed([i.disliked for i in interests], list(map(_dislikes, interests)))
        terms = csr_matrix(liked.choice @ self._library.vectors)
        judged = [_judged(interest) for interest in interests]
        by_papers = self._by_papers(liked, terms, disliked, judged)
        by_text, words, known = self._by_text(interests)
        trust = self._trust(liked, terms, by_papers, by_text)
        say = _say(liked.weight, disliked.weight, trust, known * (words > 0))
        near = self._near(liked.choice, say.near)
        return _mixed(by_papers, by_text, near, say)

    # --- what was shown ----------------------------------------------------------------------

    def _read(self, interests: Sequence[Interest]) -> None:
        """Add all papers spoken of to the library; one that has grown large starts anew."""
        if len(self._library.themes) > _MOST_READ:
            self._library = Library(self._space, self._products, self._keys)
        self._library.rows([(*i.seeds, *i.liked, *i.disliked) for i in interests])

    def _summed(
        self, papers: Sequence[Sequence[Paper]], weights: Sequence[Sequence[float]]
    ) -> _Shown:
        chosen = self._library.rows(papers)
        themes = self._library.themes
        choice = rows.chosen(chosen, weights, len(themes))
        total = np.asarray(choice.sum(axis=1), dtype=np.float32).ravel()
        averaging = diags(1 / np.maximum(total, 1e-9)) @ choice
        squared = choice.power(2)
        squares = np.asarray(squared.sum(axis=1), dtype=np.float32).ravel()
        own = diags(1 / np.maximum(squares, 1e-9)) @ squared
        return _Shown(
            csr_matrix(averaging),
            np.asarray(averaging @ themes, dtype=np.float32),
            total,
            squares,
            own @ self._library.from_centre,
            own @ self._library.of_themes,
            np.asarray(averaging @ self._library.of_sample, dtype=np.float32),
        )

    def _by_papers(
        self, liked: _Shown, terms: csr_matrix, disliked: _Shown, judged: Sequence[Sequence[str]]
    ) -> _Half:
        """The mean of likes, less parts of the means of dislikes and rivals, from the centre."""
        there, against = liked.weight > 0, disliked.weight > 0
        less = np.where(there, _DISLIKED * np.minimum(disliked.weight, 1), against)
        less = less.astype(np.float32)
        themes = self._space.whitened(liked.themes - less[:, None] * disliked.themes)
        rivals = self._rivals.of(themes, judged)
        told = _rivalry(liked.weight) * (rivals.getnnz(axis=1) > 0)
        of_sample = liked.of_sample - less[:, None] * disliked.of_sample
        of_sample -= told[:, None] * (rivals @ self._rivals_of_sample)
        added = (
            (identity(len(told)), terms),
            (rows.scaled(disliked.choice, -less), self._library.vectors),
            (rows.scaled(rivals, -told), self._rivals.vectors),
        )
        centre = (there - less - told).astype(np.float32)
        return self._half(added, of_sample, centre, themes, _THEMES[self._space.has_meanings])

    def _near(self, choice: csr_matrix, weight: Dense) -> tuple[Near, Dense]:
        """What lies near single liked papers, and what of that every paper has."""
        mean, spread = _scale(self._library.nearness_of_sample(choice).T, *_USUAL["near"])
        weight = (weight / spread).astype(np.float32)
        return Near(self._library, choice, weight), weight * mean

    # --- what was typed ----------------------------------------------------------------------

    def _by_text(self, interests: Sequence[Interest]) -> tuple[_Half, Dense, Dense]:
        """The half of the words typed, how many terms papers have of them, and which part."""
        texts = [typed_texts(interest) for interest in interests]
        terms = [analyse(joined(some)) for some in texts]
        vectors = self._space.of_typed(terms)
        words = np.diff(vectors.indptr).astype(np.float32)
        spoken = [". ".join(some) for some in texts]
        themes: Dense = self._space.themes_of_texts(spoken, vectors) * (words > 0)[:, None]
        none = np.zeros(len(interests), dtype=np.float32)
        whitened = self._space.whitened(themes)
        added = ((identity(len(interests)), vectors),)
        half = self._half(added, self._products.of(vectors), none, whitened, _THEMES_TYPED)
        return half, words, np.array([self._known(some) for some in terms], dtype=np.float32)

    def _known(self, terms: Sequence[str]) -> float:
        """How much of a text any paper has words for, in [0, 1].

        "music generation" must not become a wish for all that is generated, without music.
        """
        words = {hash_of(term) for term in single(terms)}
        return float(self._space.has(words).mean() ** 2) if words else 0.0

    # --- scales ------------------------------------------------------------------------------

    def _half(
        self, terms: Added, of_sample: Dense, centre: Dense, themes: Dense, share: float
    ) -> _Half:
        of_terms = (of_sample - np.outer(centre, self._sample @ self._space.centre)).T
        of_themes = self._sample_themes @ themes.T
        terms_mean, terms_spread = _scale(of_terms, *_USUAL["terms"])
        themes_mean, themes_spread = _scale(of_themes, *_USUAL["themes"])
        both = (of_terms - terms_mean) / terms_spread
        both += share * (of_themes - themes_mean) / themes_spread
        whole = _scale(both, 0.0, float(np.hypot(1, share)))[1]
        means, spreads = (terms_mean, themes_mean), (terms_spread, themes_spread)
        return _Half(terms, centre, themes, share, means, spreads, whole)

    def _trust(self, liked: _Shown, terms: csr_matrix, by_papers: _Half, by_text: _Half) -> Dense:
        """How high the text puts the liked papers, against how high they put each other."""
        text = by_text.height(
            rows.dots(by_text.terms[0][1], terms),
            np.einsum("ij,ij->i", by_text.themes, liked.themes),
        )
        pairs = liked.weight**2 - liked.squares
        middle = terms @ self._space.centre
        length = rows.squares(terms) - 2 * middle + self._length
        whitened = self._space.whitened(liked.themes)
        of_themes = np.einsum("ij,ij->i", whitened, liked.themes)

        def others(whole: Dense, own: Dense) -> Dense:
            left: Dense = (liked.weight**2 * whole - liked.squares * own) / np.maximum(pairs, 1e-6)
            return left

        known = by_papers.height(
            others(length, liked.own_terms), others(of_themes, liked.own_themes)
        )
        usual = (pairs * known + _FEW_PAIRS * _USUAL_HEIGHT) / (pairs + _FEW_PAIRS)
        return np.clip(text / np.maximum(usual, _LEAST_HEIGHT), 0, _MOST_TRUST)


def _rivalry(likes: Dense) -> Dense:
    """Which part of the mean of their rivals some weights of likes take; below 0 they add it."""
    told = _RIVALS * (likes - _FEW) / (likes + _MANY)
    return np.where(likes > 0, told, 0).astype(np.float32)


def typed_texts(interest: Interest) -> tuple[str, ...]:
    """All that was typed of a wish."""
    profile = interest.profile
    return (*profile.keywords, *profile.required_keywords, profile.interests)


def _vouching(interest: Interest) -> tuple[list[Paper], list[float]]:
    """The seeds and likes with their weights; a seed is as good as a like of today."""
    weights = interest.weights[: len(interest.liked)] or [1.0] * len(interest.liked)
    if not interest.seeds:
        return list(interest.liked), list(weights)
    seeds = {paper.key for paper in interest.seeds}
    told = zip(interest.liked, weights, strict=True)
    liked = [(paper, weight) for paper, weight in told if paper.key not in seeds]
    papers = [*interest.seeds, *(paper for paper, _ in liked)]
    return papers, [1.0] * len(seeds) + [weight for _, weight in liked]


def _dislikes(interest: Interest) -> list[float]:
    return list(interest.weights[len(interest.liked) :]) or [1.0] * len(interest.disliked)


def _judged(interest: Interest) -> list[str]:
    return [p.key for p in (*interest.seeds, *interest.liked, *interest.disliked)]


def _scale(values: Dense, mean: float, spread: float) -> tuple[Dense, Dense]:
    """Mean and spread of each column of ``values``, drawn to what is usual where they are few.

    The highest of few values may be the very paper that is looked for, and shall not hide itself by
    widening the spread: the fewer there are, the less of it is believed.
    """
    seen = len(values) / (len(values) + _BELIEF)
    if not len(values):
        values = np.zeros((1, values.shape[1]), dtype=np.float32)
    others = np.sort(values, axis=0)[:-1] if 1 < len(values) < _SAMPLE else values
    believed = seen**2
    means = believed * values.mean(axis=0) + (1 - believed) * others.mean(axis=0)
    variances = believed * values.var(axis=0) + (1 - believed) * others.var(axis=0)
    means = seen * means + (1 - seen) * mean
    variances = seen * variances + (1 - seen) * spread**2
    return means, np.sqrt(np.maximum(variances, _LEAST_SPREAD**2))


def _say(liked: Dense, disliked: Dense, trust: Dense, known: Dense) -> _Say:
    """By the weights of likes and dislikes, the trust in a text, and how far it is known."""
    fresh = np.minimum(liked, 1)
    nearest = _NEAR * np.clip(1 - _ALIKE / np.maximum(liked, _ALIKE), 0, 1)
    papers = np.sqrt(liked / (liked + 1)) * (1 - _TAKEN * nearest)
    alone = _DISLIKES_ALONE * np.minimum(disliked, 1)
    lasts = _LASTS / (_LASTS + liked)
    # Words that have nothing to do with the liked papers may speak of something else: of their say
    # a part is left so long as the likes are few.
    apart = _APART * np.clip(1 - trust / _TOUCHING, 0, 1) * lasts
    text = (1 - fresh + fresh * np.maximum(_TYPED * trust**2, apart)) * known
    keywords = np.minimum(trust**2, 1) * lasts
    return _Say(
        papers=np.where(liked > 0, papers, alone),
        near=nearest * papers,
        text=text,
        keywords=(1 - fresh + fresh * keywords).astype(np.float32),
        fresh=fresh.astype(np.float32),
        hopes=(liked > 0) | (text > 0),
    )


def _mixed(by_papers: _Half, by_text: _Half, near: tuple[Near, Dense], say: _Say) -> Wishes:
    """Both halves with their weights as one linear function, its terms cut to the heaviest."""
    added: list[tuple[csr_matrix, csr_matrix]] = []
    themes = np.zeros_like(by_papers.themes)
    centre = np.zeros(len(say.papers), dtype=np.float32)
    offset = near[1].astype(np.float32)
    for half, weight in ((by_papers, say.papers), (by_text, say.text)):
        of_terms, of_themes, less = half.weighed(weight)
        added += [(rows.scaled(parts, of_terms), vectors) for parts, vectors in half.terms]
        themes += of_themes[:, None] * half.themes
        centre += of_terms * half.centre
        offset += less
    return Wishes(
        terms=rows.heaviest(rows.total(tuple(added)), MOST_TERMS),
        themes=themes,
        centre=centre,
        offset=offset,
        near=near[0],
        said=say.keywords,
        tells=(say.papers > 0) | (say.text > 0),
        hopes=say.hopes,
        only_typed=1 - say.fresh,
        typed=_typed(by_text, say.text),
    )


def _typed(half: _Half, weight: Dense) -> Typed:
    of_terms, of_themes, offset = half.weighed(weight)
    ((_, vectors),) = half.terms
    return Typed(rows.scaled(vectors, of_terms), of_themes[:, None] * half.themes, offset)
