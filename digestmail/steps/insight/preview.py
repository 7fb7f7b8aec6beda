"""What a profile would have brought in the last days: for visitors who are still choosing.

A ``Week`` has a model of its own, made in the background at the start and when new papers have
come, so that a visitor neither waits for one nor takes the model of the digests away.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

from digestmail.domain import Clock, DigestItem, Interest, Paper, Part, Profile, Score
from digestmail.steps.daily.plan import merged
from digestmail.store import Store
from digestmail.store.papers import UPLOADS
from digestmail.text import phrase, readable, words

if TYPE_CHECKING:
    from digestmail.relevance import Model
    from digestmail.relevance.features.keyword_index import KeywordHits

log = logging.getLogger(__name__)

LENGTH = timedelta(days=7)
BACKGROUND = 4_000  # papers beside the week's: enough for what is rare, and quick to make
SHOWN = 10
_LOOK_AGAIN = timedelta(minutes=5)  # for newer papers
_MOST_PICKED = 100  # of a week: a profile that brings more is too broad anyway
_MOST_SUGGESTED = 8
_TERMS = 40  # the strongest of the examples, among which suggestions are found
_MOST_EXAMPLES = 100  # read for suggestions
_MOST_STRANGERS = 20_000  # papers of visitors that a model has met, and remembers: then a new one
# Words of abstracts that make no phrase worth looking for.
_EMPTY = frozenset(
    ["approach", "baseline", "benchmark", "challenge", "method", "performance", "result", "task"]
)
_FULL = 0.8  # of all room in the mails: then a profile asks for too much
_Extent = Callable[[Sequence[Paper], Sequence[Paper]], object]
_MakeModel = Callable[[Sequence[Paper], Sequence[Paper]], "Model"]


@dataclass(frozen=True, slots=True)
class Judge:
    """The papers of a week and the model that scores them; ``places`` by paper key.

    ``strangers`` are the papers of visitors that it was asked about, ``extent`` is how far the
    papers were embedded when it was made. Safe to share between threads: asking the model about
    papers changes it, so that only one thread may at a time.
    """

    papers: Sequence[Paper]
    model: "Model"
    made_at: datetime
    places: dict[str, int] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    extent: object = None
    _turn: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @property
    def days(self) -> int:
        """On how many days any of the papers came."""
        return len({_day(paper) for paper in self.papers})

    def score(self, interests: Sequence[Interest]) -> list[tuple[Score, ...]]:
        """For each interest its best papers of the week; see ``domain.Scorer``."""
        with self._turn:
            return self.model.score(interests)

    def strongest(self, interest: Interest, most: int) -> list[Part]:
        """What weighs most in an interest; see ``relevance.Model``."""
        with self._turn:
            return self.model.strongest(interest, most)

    def keyword_hits(self, profile: Profile) -> "tuple[KeywordHits, ...]":
        """In how many papers each keyword of a profile stands."""
        if not self.papers:
            return ()
        typed = (*profile.keywords, *profile.required_keywords, *profile.excluded_keywords)
        return self.model.keyword_hits(tuple(dict.fromkeys(typed)))

    def ambiguous(self, profile: Profile) -> tuple[tuple[str, int], ...]:
        """The followed names that fit too many people to follow them all, with how many."""
        fits = ((name, self.model.namesakes(name, profile.categories)) for name in profile.authors)
        return tuple((name, people) for name, people in fits if people)

    def met(self, paper: Paper) -> Paper:
        """A paper as the model may be asked about it.

        A model knows papers by their keys, and what a visitor's file tells of one is theirs alone.
        """
        if paper.id is not None and paper.source != UPLOADS:
            return paper
        text = f"{paper.title}\n{paper.abstract}".encode(errors="replace")
        own = f"{paper.key}#{sha256(text).hexdigest()[:16]}"
        self.strangers.add(own)
        return replace(paper, key=own)


class Week:
    """Keeps a Judge of the last days at hand. One for a process; safe to ask from any thread.

    ``extent`` tells how far papers and a background are embedded; see ``steps.embed``.
    """

    def __init__(
        self,
        store: Store,
        make_model: _MakeModel,
        clock: Clock,
        extent: _Extent = lambda *_: None,
    ) -> None:
        self._store = store
        self._extent = extent
        self._make_model = make_model
        self._clock = clock
        self._judge: Judge | None = None
        self._looked_at: datetime | None = None
        self._building = threading.Lock()

    def judge(self) -> Judge | None:
        """The judge that is at hand, None before the first one is; a newer one is begun."""
        if self._is_old() and self._building.acquire(blocking=False):
            threading.Thread(target=self._build_quietly, name="week", daemon=True).start()
        return self._judge

    def ready(self) -> Judge:
        """The judge of what is known now, made if need be."""
        with self._building:
            if self._is_old():
                self._build()
        assert self._judge is not None  # noqa: S101 - it has just been made
        return self._judge

    def close(self) -> None:
        """Wait for a judge that is being made."""
        with self._building:
            pass

    def _is_old(self) -> bool:
        """Whether papers came or were embedded since the judge was made, or it is of yesterday."""
        now, judge = self._clock(), self._judge
        if judge is None or now.date() != judge.made_at.date():
            return True
        if len(judge.strangers) > _MOST_STRANGERS:
            return True
        if judge.papers and self._looked_at and now - self._looked_at < _LOOK_AGAIN:
            return False
        self._looked_at = now
        newest = judge.papers[-1].first_seen_at if judge.papers else None
        if self._store.papers.seen_after(newest or now - LENGTH):
            return True
        return self._extent(judge.papers, judge.model.background) != judge.extent

    def _build_quietly(self) -> None:
        try:
            self._build()
        except Exception:
            log.exception("the week's papers could not be read; the next visitor tries again")
        finally:
            self._building.release()

    def _build(self) -> None:
        now = self._clock()
        papers = self._store.papers.seen_after(now - LENGTH)
        background = self._store.papers.before(now - LENGTH, BACKGROUND)
        extent = self._extent(papers, background)
        model = self._make_model(papers, background)
        self._looked_at = now
        places = {p.key: at for at, p in enumerate(papers)}
        self._judge = Judge(papers, model, now, places, extent=extent)


# --- one profile -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preview:
    """What a profile would have got: the best papers, and how many there would have been.

    ``fitting`` counts what the mails would have held, one on each of ``days`` days or a single
    weekly one; ``judged`` are all papers of the week. ``suggestions`` are keywords that the
    examples have in common.
    """

    items: tuple[DigestItem, ...] = ()
    fitting: int = 0
    days: int = 0
    judged: int = 0
    suggestions: tuple[str, ...] = ()
    keywords: tuple["KeywordHits", ...] = ()  # in how many papers of the week each stands
    ambiguous: tuple[tuple[str, int], ...] = ()  # followed names that fit too many people

    @property
    def a_day(self) -> int:
        """How many papers a mail would have held, about; at least 1 where there were any."""
        return max(round(self.fitting / max(self.days, 1)), 1 if self.fitting else 0)

    def is_broad(self, profile: Profile) -> bool:
        """Whether most mails would have been as full as they may be, so that much is left out."""
        room = min(profile.max_papers * self.days, _MOST_PICKED)
        return self.days > 0 and self.fitting >= room * _FULL and profile.max_papers > 1


def preview(
    judge: Judge,
    profile: Profile,
    seeds: Sequence[Paper] = (),
    said: Interest | None = None,
    *,
    weekly: bool = False,
) -> Preview:
    """What the profile would have got of the week's papers, its examples left out.

    ``said`` has the papers that its owner liked and disliked, if there is an owner yet.
    """
    blocked = frozenset(judge.places[seed.key] for seed in seeds if seed.key in judge.places)
    seeds = [judge.met(seed) for seed in seeds]
    suggestions = suggested(judge, seeds, profile.keywords)
    mails = min(judge.days, 1) if weekly else judge.days
    empty = Preview(
        days=mails,
        judged=len(judge.papers),
        suggestions=suggestions,
        keywords=judge.keyword_hits(profile),
        ambiguous=judge.ambiguous(profile),
    )
    if profile.is_empty:
        return empty
    most = min(profile.max_papers * max(judge.days, 1), _MOST_PICKED)
    wide = replace(profile, max_papers=max(most, SHOWN))
    asked = said or Interest(profile=profile)
    interest = replace(asked, profile=wide, seeds=tuple(seeds), blocked=asked.blocked | blocked)
    (scores,) = judge.score([interest])
    items = merged([(profile, scores)], judge.papers)
    days = Counter(None if weekly else _day(item.paper) for item in items)
    pinned = Counter(None if weekly else _day(item.paper) for item in items if item.pinned)
    room = profile.max_papers  # followed authors may go beyond it
    fitting = sum(max(min(count, room), pinned[day]) for day, count in days.items())
    return replace(empty, items=tuple(map(_of_others, items[:SHOWN])), fitting=fitting)


def _of_others(item: DigestItem) -> DigestItem:
    """The item without the reason that it is like itself: its owner has said so of it before."""
    itself = (readable(item.paper.title),)
    return item._replace(reasons=tuple(r for r in item.reasons if r.details != itself))


def _day(paper: Paper) -> date | None:
    return paper.first_seen_at.date() if paper.first_seen_at else None


# --- keywords out of examples ----------------------------------------------------------------


def suggested(
    judge: Judge, seeds: Sequence[Paper], keywords: Sequence[str] = ()
) -> tuple[str, ...]:
    """The words and phrases that the examples have and other papers lack, best first.

    As they stand in most of the examples; none that is a keyword already.
    """
    examples = [seed for seed in seeds if seed.title][:_MOST_EXAMPLES]
    if not examples or not judge.papers:
        return ()
    interest = Interest(profile=Profile(), seeds=tuple(examples))
    spelled = _spelled(examples)
    known = {phrase(keyword).words for keyword in keywords}
    known |= {(word,) for some in known for word in some}
    least = min(len(examples), 2)
    worth: dict[str, float] = {}
    strongest = judge.strongest(interest, _TERMS)
    for part in (one for one in strongest if one.kind == "term"):
        having = spelled.get(part.what, Counter()).total()
        if part.weight > 0 and having >= least and tuple(part.what.split()) not in known:
            worth[part.what] = part.weight * having
    pairs = {term for term in worth if " " in term and not _EMPTY & set(term.split())}
    best = sorted(pairs or worth, key=lambda term: (-worth[term], term))
    return tuple(spelled[term].most_common(1)[0][0] for term in best[:_MOST_SUGGESTED])


def _spelled(papers: Sequence[Paper]) -> dict[str, Counter[str]]:
    """How words and pairs of neighbours are spelled, each once a paper, by their stems."""
    spelled: dict[str, Counter[str]] = {}
    for paper in papers:
        mine: dict[str, str] = {}
        for text in map(readable, (paper.title, paper.abstract)):
            found = words(text)
            for word in found:
                mine.setdefault(word.stem, text[word.start : word.end].lower())
            for first, second in pairwise(found):
                if text[first.end : second.start] in (" ", "-"):
                    pair = f"{first.stem} {second.stem}"
                    mine.setdefault(pair, text[first.start : second.end].lower())
        for stem, spelling in mine.items():
            spelled.setdefault(stem, Counter())[spelling] += 1
    return spelled
