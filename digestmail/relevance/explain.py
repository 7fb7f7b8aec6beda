"""What is told of the sums: the reasons of picks, and the whole sum for one paper."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from digestmail.domain import Explanation, Interest, Paper, Part, Reason, ReasonKind
from digestmail.relevance.dense import Dense
from digestmail.relevance.learn import typed_texts
from digestmail.relevance.reasons import Explainer, Parts, similar
from digestmail.relevance.rules import in_category
from digestmail.relevance.space import Space
from digestmail.relevance.sums import CATEGORY_ONLY, Sums, chose_categories_only
from digestmail.relevance.terms import joined
from digestmail.text import readable

_TINY = 1e-9
_LEAST_PART = 0.03  # of the evidence that likeness must bring to be told beside other reasons

Pick = tuple[int, int]  # the row of an interest, the column of a paper


class Reasons:
    """The reasons of some picks, ``pairs`` of (row, paper)."""

    def __init__(
        self, sums: Sums, pairs: Sequence[Pick], followed: Sequence[dict[int, list[str]]]
    ) -> None:
        self._sums = sums
        self._followed = followed
        space = sums.ground.space
        rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        likeness = csr_matrix(sums.wishes.terms[rows].multiply(space.papers[columns]))
        parts = Parts(
            csr_matrix(sums.wanted[rows].multiply(csr_matrix(sums.told.T)[columns])),
            space.terms_of(likeness),
            space.categories_of(likeness),
        )
        self._brought = (sums.linear - sums.doubt)[rows, columns].tolist()
        papers = sums.ground.papers
        named = {column: space.names([papers[column]]) for column in set(columns.tolist())}
        names = [named[column] for column in columns.tolist()]
        self._explainer = Explainer(parts, sums.phrases, names, self._in_common(pairs))
        by_terms = np.asarray(likeness.maximum(0).sum(axis=1)).ravel()
        self._similar = self._likenesses(rows, columns, by_terms)

    def _in_common(self, pairs: Sequence[Pick]) -> list[dict[int, str]]:
        """For each pair, the paper's categories that a liked paper has too, by column.

        Without those that the profile names: it has no other papers.
        """
        space, papers = self._sums.ground.space, self._sums.ground.papers
        chosen = [interest.profile.categories for interest in self._sums.interests]
        liked = {
            row: space.categories(self._liked(row)).keys() for row in {row for row, _ in pairs}
        }
        return [
            {
                column: code
                for column, code in space.categories([papers[paper]]).items()
                if column in liked[row] and not _in_any(code, chosen[row])
            }
            for row, paper in pairs
        ]

    def _likenesses(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], by_terms: Dense
    ) -> list[list[Reason]]:
        """For each pair, in the order of their rows, the liked paper that it resembles.

        ``by_terms`` is what terms brought each; a reason's weight is the liked paper's part of all.
        """
        space, found = self._sums.ground.space, list[list[Reason]]()
        chosen = {row: columns[rows == row] for row in np.unique(rows).tolist()}
        liked = {row: self._liked(row) for row in chosen}
        distinct = {paper.key: paper for some in liked.values() for paper in some}
        vectors = space.terms_of(space.of_papers(list(distinct.values())))
        place = {key: at for at, key in enumerate(distinct)}
        for row, papers in chosen.items():
            mine = [place[paper.key] for paper in liked[row]]
            if mine:
                alike = (space.texts[papers] @ vectors[mine].T).toarray()
                share = self._shares(row, alike, by_terms[rows == row])
                found += similar(alike, liked[row], share)
            else:
                found += [[] for _ in papers]
        return found

    def _shares(self, row: int, alike: Dense, by_terms: Dense) -> Dense:
        """What part each liked paper has in what speaks for some papers (papers x liked): by the
        mean, which ``by_terms`` tells, and because it lies near."""
        near = self._sums.wishes.near
        parts = near.parts(row, self._liked(row))
        in_mean = parts * alike
        in_mean *= (by_terms / np.maximum(in_mean.sum(axis=1), _TINY))[:, None]
        brought = in_mean + near.brought(row, parts, alike)
        shares: Dense = brought / np.maximum(brought.sum(axis=1, keepdims=True), _TINY)
        return shares

    def _liked(self, row: int) -> list[Paper]:
        interest = self._sums.interests[row]
        return [*interest.seeds, *interest.liked]

    def of(self, pair: int, row: int, paper: int) -> list[Reason]:
        """All that is true to say of one pick; weights have 4 digits."""
        interest, explainer = self._sums.interests[row], self._explainer
        reasons = []
        if paper in self._followed[row]:
            reasons.append(Reason(ReasonKind.AUTHOR, tuple(self._followed[row][paper])))
        keywords = explainer.keywords(pair, interest)
        reasons += keywords
        if chose_categories_only(interest):
            reasons += _category(interest, self._sums.ground.papers[paper])
        brought = self._brought[pair]
        if brought > 0:
            reasons += self._likeness(pair, [d for r in keywords for d in r.details])
        if not reasons:
            reasons = explainer.heaviest_term(pair, brought) or self._theme(row, paper, brought)
        elif all(reason.kind is ReasonKind.FIELD for reason in reasons):
            theme = self._theme(row, paper, brought) or explainer.heaviest_term(pair, brought)
            reasons = [*theme, *reasons]
        evidence = float(self._sums.evidence[row, paper])
        reasons = [one for one in reasons if not _negligible(one, evidence)] or reasons
        trending = self._sums.ground.prior.reason(paper, evidence) if reasons else None
        reasons += [trending] if trending else []
        return [self._as_told(one, paper) for one in reasons]

    def _as_told(self, reason: Reason, paper: int) -> Reason:
        """Its terms as the paper writes them, its weight with 4 digits."""
        kind, details, weight = reason
        if kind in (ReasonKind.TERMS, ReasonKind.THEME):
            one = self._sums.ground.papers[paper]
            details = self._sums.ground.space.written(one, details)
        return Reason(kind, details, round(weight, 4))

    def _likeness(self, pair: int, said: Sequence[str]) -> list[Reason]:
        """The liked paper that it resembles, and what it has of the profile's terms.

        Both tell of the same evidence; so of what the paper brings half is told of its terms.
        """
        brought, resembled = self._brought[pair], self._similar[pair]
        told = [one._replace(weight=one.weight / 2 * brought) for one in resembled]
        left = brought - sum(one.weight for one in told)
        return [*told, *self._explainer.likeness(pair, said, left)]

    def _theme(self, row: int, paper: int, brought: float) -> list[Reason]:
        """The paper's terms that brought it near the themes of a profile."""
        terms = self._sums.ground.space.near(paper, self._sums.wishes.themes[row])
        return [Reason(ReasonKind.THEME, tuple(terms[:2]), brought)] if terms else []


def _negligible(reason: Reason, evidence: float) -> bool:
    """Whether a likeness is next to nothing beside what else speaks for a paper."""
    likeness = reason.kind in (ReasonKind.TERMS, ReasonKind.FIELD)
    return likeness and reason.weight < _LEAST_PART * evidence


def _category(interest: Interest, paper: Paper) -> list[Reason]:
    chosen = [c for c in paper.categories if _in_any(c, interest.profile.categories)]
    return [Reason(ReasonKind.CATEGORY, tuple(chosen), CATEGORY_ONLY)] if chosen else []


def _in_any(category: str, patterns: Sequence[str]) -> bool:
    return any(in_category(category.lower(), pattern.lower()) for pattern in patterns)


# --- the whole sum ---------------------------------------------------------------------------


def explanation(sums: Sums, paper: int) -> Explanation:
    """All parts of the one interest's sum for a paper."""
    parts = [*_keyword_parts(sums, paper), *_linear_parts(sums, paper), *_other_parts(sums, paper)]
    return Explanation(float(sums.values[0, paper]), tuple(parts), tuple(_rules_of(sums, paper)))


def _keyword_parts(sums: Sums, paper: int) -> Iterator[Part]:
    hits = sums.wanted[0].multiply(sums.told.T.tocsr()[paper]).tocoo()
    for column, weight in zip(hits.col, hits.data, strict=True):
        yield Part("keyword", " ".join(sums.phrases[column].words), float(weight))


def _linear_parts(sums: Sums, paper: int) -> list[Part]:
    """What terms, categories, themes and the start bring before they count as log-odds, scaled so
    that they add up to the evidence they make together; heaviest first."""
    parts = _raw_parts(sums, paper)
    evidence = float(sums.linear[0, paper])
    total = sum(part.weight for part in parts)
    if not sums.wishes.tells[0]:
        return []
    if evidence <= 0 or total <= 0:
        return [Part("start", "no nearer than an average paper", 0.0)]
    scaled = [Part(part.kind, part.what, part.weight * evidence / total) for part in parts]
    return sorted(scaled, key=lambda part: -abs(part.weight))


def _raw_parts(sums: Sums, paper: int) -> list[Part]:
    space, wishes = sums.ground.space, sums.wishes
    likeness = csr_matrix(wishes.terms[0].multiply(space.papers[paper]))
    middle = float((space.papers[paper] @ space.centre)[0])
    return [
        *_named_parts(space, likeness, [sums.ground.papers[paper]]),
        *_liked_parts(sums, space.papers[paper]),
        Part("theme", "themes", float(wishes.themes[0] @ space.paper_themes[paper])),
        Part("start", "what all papers share", -float(wishes.centre[0]) * middle),
        Part("start", "an average paper", -float(wishes.offset[0])),
    ]


def _liked_parts(sums: Sums, paper: csr_matrix) -> Iterator[Part]:
    """What each liked paper brings one that lies next to it."""
    near, interest = sums.wishes.near, sums.interests[0]
    liked = (*interest.seeds, *interest.liked)
    vectors = near.library.vectors[near.library.rows([liked])[0]]
    brought = near.brought(0, near.parts(0, liked), (paper @ vectors.T).toarray())[0]
    for one, weight in zip(liked, brought.tolist(), strict=True):
        if weight:
            yield Part("like", readable(one.title) or one.key, weight)


def _named_parts(space: Space, row: csr_matrix, papers: Sequence[Paper]) -> Iterator[Part]:
    """The weights in a row of terms and categories that some papers have a name for."""
    for kind, some, names in (
        ("term", space.terms_of(row), space.names(papers)),
        ("field", space.categories_of(row), space.categories(papers)),
    ):
        for column, weight in zip(some.indices.tolist(), some.data.tolist(), strict=True):
            if column in names:
                yield Part(kind, names[column], weight)


def _other_parts(sums: Sums, paper: int) -> Iterator[Part]:
    trending = float(sums.ground.prior.trending(sums.evidence)[0, paper])
    yield from (
        Part(kind, what, weight)
        for kind, what, weight in (
            ("category", "a category you chose", float(sums.by_categories[0, paper])),
            ("trending", "upvotes", trending),
            ("age", "days since it was first seen", float(sums.added[0, paper]) - trending),
            ("doubt", "it has but a part of a keyword", -float(sums.doubt[0, paper])),
        )
        if weight
    )


def _rules_of(sums: Sums, paper: int) -> Iterator[str]:
    interest, rules = sums.interests[0], sums.ground.rules
    if sums.barred[0, paper]:
        yield "never shown: it has an excluded keyword"
    if rules.excluded(interest)[paper]:
        yield "never shown: it is in an excluded category"
    if not rules.wanted(interest)[paper]:
        yield "not shown: it is in none of the chosen categories"
    elif not sums.wanted_by_rules(0)[paper]:
        yield "not shown: it has none of the required keywords"
    if not rules.unseen(interest)[paper]:
        yield "not shown again: it was judged or sent before"
    if names := rules.followed(interest).get(paper):
        yield f"shown unless excluded: by {', '.join(names)}, whom you follow"


# --- what was learned ------------------------------------------------------------------------


def strongest(sums: Sums, most: int) -> list[Part]:
    """The one interest's heaviest terms and categories for papers, then those against."""
    interest = sums.interests[0]
    text = joined(typed_texts(interest))
    typed = Paper(key=text, title=text)
    spoken_of = (*interest.disliked, *interest.liked, *interest.seeds, typed)
    # Terms of other papers may weigh too, and have no name here.
    parts = _named_parts(sums.ground.space, sums.wishes.terms[0], spoken_of)
    ordered = sorted(parts, key=lambda part: (-part.weight, part.kind, part.what))
    best = [part for part in ordered[:most] if part.weight > 0]
    worst = [part for part in ordered[::-1][:most] if part.weight < 0]
    return [*best, *worst]
