"""The papers of the last days with the model that scores them, for previews."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from digestmail.domain import DigestItem, Interest, Paper, Part, Profile, Score
from digestmail.steps.daily.trending import DigestSpan, TrendingRankings, with_trending
from digestmail.store.papers import UPLOADS

if TYPE_CHECKING:
    from digestmail.relevance import Model
    from digestmail.relevance.features.keyword_index import KeywordHits

SPAN = timedelta(days=7)  # of the papers that a preview chooses from


@dataclass(frozen=True, slots=True)
class RecentModel:
    """The papers of a week and the model that scores them; ``places`` by paper key.

    ``rankings`` are of the trending papers among them, where those are wanted. ``visitor_keys``
    are the keys of visitors' papers that the model was asked about, ``extent`` is how far the
    papers were embedded when it was made. Safe to share between threads: a question about papers
    changes the model, so only one thread may ask at a time.
    """

    papers: Sequence[Paper]
    model: "Model"
    made_at: datetime
    places: dict[str, int] = field(default_factory=dict)
    visitor_keys: set[str] = field(default_factory=set)
    extent: object = None
    rankings: TrendingRankings | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @property
    def days(self) -> int:
        """Return on how many days any of the papers came."""
        return len({day_of(paper) for paper in self.papers})

    def score(self, interests: Sequence[Interest]) -> list[tuple[Score, ...]]:
        """Return for each interest its best papers of the week; see ``domain.Scorer``."""
        with self._turn:
            return self.model.score(interests)

    def trending(self, profile: Profile, *, weekly: bool) -> tuple[DigestItem, ...]:
        """Return the trending papers that an email with nothing else would bring a profile."""
        if self.rankings is None or not profile.trending:
            return ()
        span = DigestSpan(SPAN.days if weekly else 1, is_weekly=weekly)
        with self._turn:
            return with_trending((), (profile,), self.rankings, self.papers, span, ())

    def strongest(self, interest: Interest, limit: int) -> list[Part]:
        """Return what weighs most in an interest; see ``relevance.Model``."""
        with self._turn:
            return self.model.strongest(interest, limit)

    def keyword_hits(self, profile: Profile) -> "tuple[KeywordHits, ...]":
        """Return in how many papers each keyword of a profile stands."""
        if not self.papers:
            return ()
        typed = (*profile.keywords, *profile.required_keywords, *profile.excluded_keywords)
        return self.model.keyword_hits(tuple(dict.fromkeys(typed)))

    def ambiguous_authors(self, profile: Profile) -> tuple[tuple[str, int], ...]:
        """Return the followed names that fit too many people to follow them all, with how many."""
        fits = ((name, self.model.namesakes(name, profile.categories)) for name in profile.authors)
        return tuple((name, people) for name, people in fits if people)

    def with_private_key(self, paper: Paper) -> Paper:
        """Return a paper as the model may be asked about it.

        A model knows papers by their keys. What a visitor's file tells of a paper must not be
        mixed up with the paper itself, so it gets a key of its own.
        """
        if paper.id is not None and paper.source != UPLOADS:
            return paper
        text = f"{paper.title}\n{paper.abstract}".encode(errors="replace")
        key = f"{paper.key}#{sha256(text).hexdigest()[:16]}"
        self.visitor_keys.add(key)
        return replace(paper, key=key)


def day_of(paper: Paper) -> date | None:
    """Return the day (UTC) on which a paper was first seen."""
    return paper.first_seen_at.date() if paper.first_seen_at else None
