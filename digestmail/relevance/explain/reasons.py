"""The reasons of picks, as a reader would give them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from digestmail.domain import Interest, Paper, Reason, ReasonKind
from digestmail.relevance.explain.contributions import (
    Contributions,
    Heaviest,
    contributions,
    example_shares,
    heaviest,
)
from digestmail.relevance.explain.term_names import is_everyday, term_names
from digestmail.relevance.features.arrays import Dense, Indices
from digestmail.relevance.profiles.block import typed_by_expression
from digestmail.relevance.scoring.evidence import Evidence, chose_categories_only
from digestmail.relevance.scoring.filters import in_category
from digestmail.text import excerpt, expression, readable, words

_MOST_TERMS = 3
_MOST_KEYWORDS = 20  # of a profile that are told
_TERMS_READ = 12  # the heaviest, among which those worth telling are looked for
_LEAST_TERM = 0.08  # of what all terms add: one that adds less explains nothing
_LEAST_REASON = 0.08  # of what speaks for a paper: less did not carry it
_LEAST_FIELD = 0.15  # the same of categories, which many papers share
_LEAST_SIMILAR = 0.15  # the same of one liked paper
_QUOTED = 60  # characters of a profile's own text
_MOST_TOLD = 5  # upvotes, from which on a paper is trending

Pair = tuple[int, int]  # the row of a profile, the position of a paper


def reasons_of(
    evidence: Evidence, pairs: Sequence[Pair], followed: Sequence[Mapping[int, Sequence[str]]]
) -> Iterator[list[Reason]]:
    """Yield the reasons of each pair; weights are log-odds with 4 digits."""
    if not pairs:
        return
    rows, papers = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    summands = contributions(evidence, rows, papers)
    columns = _Columns(
        heaviest(summands.keywords, _MOST_KEYWORDS),
        heaviest(summands.terms, _TERMS_READ),
        heaviest(summands.categories, _TERMS_READ),
        summands.terms_total,
    )
    similar = _similar(evidence, summands, rows, papers)
    spelled = {row: _spelled(evidence, row) for row in dict.fromkeys(rows.tolist())}
    intercept = evidence.ground.calibration.intercept
    for pair, (row, position) in enumerate(pairs):
        total = float(evidence.log_odds[row, position]) - intercept
        reader = _Reader(evidence, summands, columns, spelled[row], pair, row, position)
        reasons = [*reader.rules(followed[row]), *reader.weighed(similar[pair], max(total, 0.0))]
        if reasons:
            reasons += reader.trending()
        yield [Reason(kind, details, round(weight, 4)) for kind, details, weight in reasons]


def _spelled(evidence: Evidence, row: int) -> dict[int, str]:
    """Return a profile's keywords by their columns, as its reader spelled them."""
    membership = evidence.block.keywords.membership
    typed = typed_by_expression(evidence.block.interests[row].profile)
    columns = membership.indices[membership.indptr[row] : membership.indptr[row + 1]].tolist()
    return {column: typed[evidence.block.keywords.expressions[column]] for column in columns}


def _similar(
    evidence: Evidence, summands: Contributions, rows: Indices, papers: Indices
) -> list[Reason | None]:
    """Return for each pair the liked paper that adds most to it."""
    has_dense = bool(evidence.ground.day.dense_spaces)
    added = summands.positives if has_dense else summands.terms_total
    reasons: list[Reason | None] = []
    for row in dict.fromkeys(rows.tolist()):
        pairs_of_row = np.flatnonzero(rows == row)
        columns, shares = example_shares(evidence, row, papers[pairs_of_row])
        if not len(columns):
            reasons += [None] * len(pairs_of_row)
            continue
        best = shares.argmax(axis=1)
        for pair, paper, at in zip(
            pairs_of_row.tolist(), range(len(pairs_of_row)), best.tolist(), strict=True
        ):
            title = readable(evidence.block.positives.papers[columns[at]].title)
            weight = float(shares[paper, at]) * max(float(added[pair]), 0.0)
            reasons.append(Reason(ReasonKind.SIMILAR, (title,), weight) if title else None)
    return reasons


@dataclass(frozen=True, slots=True)
class _Columns:
    """What adds most to each pair."""

    keywords: Heaviest
    terms: Heaviest
    categories: Heaviest
    terms_total: Dense


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the reasons of one pair off its contributions."""

    evidence: Evidence
    summands: Contributions
    columns: _Columns
    spelled: Mapping[int, str]  # the profile's keywords
    pair: int
    row: int
    position: int

    @property
    def interest(self) -> Interest:
        return self.evidence.block.interests[self.row]

    @property
    def paper(self) -> Paper:
        return self.evidence.ground.day.papers[self.position]

    def rules(self, followed: Mapping[int, Sequence[str]]) -> Iterator[Reason]:
        """Yield what counts by rule: a followed author, a chosen category."""
        if self.position in followed:
            yield Reason(ReasonKind.AUTHOR, tuple(followed[self.position]))
        if chose_categories_only(self.interest.profile):
            chosen = [c for c in self.paper.categories if self._is_chosen(c)]
            if chosen:
                yield Reason(ReasonKind.CATEGORY, tuple(chosen))

    def weighed(self, similar: Reason | None, total: float) -> Iterator[Reason]:
        """Yield what carries the score, each at least a visible part of it.

        If nothing is, the liked paper that adds most says more than a single word would.
        """
        keywords = self._keywords()
        yield from keywords
        if not total:
            return
        has_dense = bool(self.evidence.ground.day.dense_spaces)  # else it is the terms once more
        candidates = [(similar, _LEAST_SIMILAR)] if similar is not None and has_dense else []
        typed = " ".join(_words_of(keyword) for reason in keywords for keyword in reason.details)
        candidates += [(reason, _LEAST_REASON) for reason in self._terms(typed)]
        meaning = max(float(self.summands.text[self.pair]), 0.0)
        if not keywords and meaning > 0:
            reason = Reason(ReasonKind.MEANING, (_quoted(self.interest),), meaning)
            candidates.append((reason, _LEAST_REASON))
        candidates += [(reason, _LEAST_FIELD) for reason in self._field()]
        visible = [reason for reason, share in candidates if reason.weight >= share * total]
        yield from visible
        if similar is not None and similar.weight > 0 and not keywords and not visible:
            yield similar

    def trending(self) -> Iterator[Reason]:
        """Yield that a paper is trending, where it counted."""
        prior = self.evidence.ground.prior
        upvotes = int(prior.upvotes[self.position])
        if upvotes >= _MOST_TOLD:
            weight = float(prior.trending[self.position])
            yield Reason(ReasonKind.TRENDING, (str(upvotes),), weight)

    def _keywords(self) -> list[Reason]:
        """Return the keywords that match, in the reader's own spelling, strongest first."""
        matches = self.columns.keywords[self.pair]
        if not matches:
            return []
        details = tuple(self.spelled[column] for column, _ in matches)
        return [Reason(ReasonKind.KEYWORD, details, sum(weight for _, weight in matches))]

    def _terms(self, named: str) -> Iterator[Reason]:
        """Yield the terms that the paper shares with the profile, as the paper writes them.

        Single everyday words are passed over, and those of ``named``. One word by itself is told
        only where it is most of what terms add and all that somebody typed.
        """
        heavy = self.columns.terms[self.pair]
        names = term_names(self.paper)
        hashes = self.evidence.ground.day.terms.weights.columns
        total = float(self.columns.terms_total[self.pair])
        threshold = _LEAST_TERM * total
        stems: list[str] = []
        written: list[str] = []
        added = 0.0
        for column, weight in heavy:
            stem, spelling = names.get(int(hashes[column]), ("", ""))
            if weight < threshold or len(written) == _MOST_TERMS:
                break
            if not stem or is_everyday(stem) or _is_within(stem, [*stems, named]):
                continue
            nested = [at for at, term in enumerate(stems) if _is_within(term, [stem])]
            for at in reversed(nested):
                del stems[at], written[at]
            stems.append(stem)
            written.append(spelling)
            added += weight
        is_phrase = len(written) > 1 or any(" " in term for term in written)
        if is_phrase or (written and added > total / 2 and self._is_one_word):
            yield Reason(ReasonKind.TERMS, tuple(written), added)

    @property
    def _is_one_word(self) -> bool:
        """Return whether one word is all that the profile says."""
        has_positives = bool(self.evidence.block.positives.counts[self.row] > 0)
        return not has_positives and len(words(self.evidence.block.texts[self.row])) == 1

    def _field(self) -> Iterator[Reason]:
        """Yield the categories that the paper shares with liked ones, but for chosen ones."""
        shares = self.columns.categories[self.pair]
        if not shares:
            return
        codes = self.evidence.ground.categories.named(self.paper)
        shared = {
            codes[column]: weight
            for column, weight in shares
            if column in codes and not self._is_chosen(codes[column])
        }
        if shared:
            yield Reason(ReasonKind.FIELD, tuple(shared)[:_MOST_TERMS], sum(shared.values()))

    def _is_chosen(self, category: str) -> bool:
        patterns = self.interest.profile.categories
        return any(in_category(category.lower(), pattern.lower()) for pattern in patterns)


@lru_cache(maxsize=65536)
def _words_of(keyword: str) -> str:
    return " ".join(" ".join(phrase.words) for phrase in expression(keyword).phrases)


def _is_within(term: str, terms: Sequence[str]) -> bool:
    return any(f" {term} " in f" {longer} " for longer in terms)


def _quoted(interest: Interest) -> str:
    """Return the words of a profile that a paper is close to."""
    profile = interest.profile
    text = profile.interests.strip() or ", ".join((*profile.keywords, *profile.required_keywords))
    return excerpt(text, _QUOTED)
