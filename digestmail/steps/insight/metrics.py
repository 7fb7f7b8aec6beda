"""How well papers were chosen, by what readers said of them. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from digestmail.domain import THRESHOLDS, DigestItem, Profile, ReasonKind, Score, Verdict
from digestmail.evaluation.calibration import Outcome

# Every profile's papers without its limits, by their position among the papers scored.
Offers = Sequence[tuple[Profile, Sequence[Score]]]


@dataclass(frozen=True, slots=True)
class Setting:
    """How digests could be made; None leaves to each profile what it says."""

    name: str
    threshold: float | None = None
    max_papers: int | None = None
    learning: bool = True


AS_CONFIGURED = Setting("as configured")
LEARNING_OFF = Setting("learning off", learning=False)
SETTINGS = (
    AS_CONFIGURED,
    *(Setting(f"threshold {value:g}", threshold=value) for value in (*reversed(THRESHOLDS), 0.5)),
    *(Setting(f"at most {papers} papers", max_papers=papers) for papers in (5, 10, 20)),
    LEARNING_OFF,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Mails with papers, their papers, and what readers said of these; ``liked`` of all there."""

    mails: int = 0
    papers: int = 0
    likes: int = 0
    dislikes: int = 0
    liked: int = 0  # papers with a ``more``, shown or not

    @property
    def judged(self) -> int:
        """Return how many of the papers shown have a verdict."""
        return self.likes + self.dislikes

    @property
    def papers_a_mail(self) -> float | None:
        """Return the mean, over mails that have a paper; None without a mail."""
        return _ratio(self.papers, self.mails)

    @property
    def precision(self) -> float | None:
        """Return the share of ``more`` among the papers shown and judged; None when none was."""
        return _ratio(self.likes, self.judged)

    @property
    def liked_shown(self) -> float | None:
        """Return the share of the liked papers that was shown (recall); None without any."""
        return _ratio(self.likes, self.liked)


def _ratio(count: int, total: int) -> float | None:
    return count / total if total else None


def tally(papers: Collection[int], verdicts: Mapping[int, Verdict]) -> Tally:
    """Return what one mail of these papers is worth by its reader's verdicts."""
    counts = Counter(verdicts[paper] for paper in papers if paper in verdicts)
    return Tally(
        mails=1 if papers else 0,
        papers=len(papers),
        likes=counts[Verdict.MORE],
        dislikes=counts[Verdict.LESS],
        liked=sum(verdict is Verdict.MORE for verdict in verdicts.values()),
    )


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of many."""
    addends = list(tallies)
    return Tally(
        mails=sum(addend.mails for addend in addends),
        papers=sum(addend.papers for addend in addends),
        likes=sum(addend.likes for addend in addends),
        dislikes=sum(addend.dislikes for addend in addends),
        liked=sum(addend.liked for addend in addends),
    )


def shown_with(setting: Setting, offers: Offers) -> frozenset[int]:
    """Return the papers that a digest of these offers would show, those of followed authors first.

    By value only: that the model prefers variety among the best is left aside.
    """
    return frozenset(
        score.paper for profile, scores in offers for score in _picked(setting, profile, scores)
    )


def _picked(setting: Setting, profile: Profile, scores: Sequence[Score]) -> list[Score]:
    threshold = profile.threshold if setting.threshold is None else setting.threshold
    limit = profile.max_papers if setting.max_papers is None else setting.max_papers
    passing = [score for score in scores if score.pinned or score.value >= threshold]
    return sorted(passing, key=lambda score: (score.pinned, score.value), reverse=True)[:limit]


def explores(pick: Score | DigestItem) -> bool:
    """Return whether a paper was shown to learn from the verdict."""
    return any(reason.kind is ReasonKind.EXPLORATION for reason in pick.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One digest: what it could have offered, what it showed, what its reader said later."""

    offers: Offers
    unlearnt: Offers  # the same without any feedback
    sent: frozenset[int]
    verdicts: Mapping[int, Verdict]
    excluded: frozenset[int] = frozenset()  # shown for another reason than their value


def points(replayed: Replayed) -> list[Outcome]:
    """Return the best value of each judged paper and whether it was liked.

    Papers of followed authors and those shown to explore are left out.
    """
    scores = [score for _, scores in replayed.offers for score in scores]
    excluded = replayed.excluded | {s.paper for s in scores if s.pinned or explores(s)}
    best: dict[int, float] = {}
    for score in scores:
        if score.paper in replayed.verdicts and score.paper not in excluded:
            best[score.paper] = max(score.value, best.get(score.paper, 0.0))
    return [(value, replayed.verdicts[paper] is Verdict.MORE) for paper, value in best.items()]


@dataclass(frozen=True, slots=True)
class Day:
    """The measures of all digests of one local date."""

    date: date
    digests: int
    sent: Tally
    settings: Mapping[Setting, Tally]
    points: tuple[Outcome, ...]


def measured(day: date, digests: Sequence[Replayed]) -> Day:
    """Measure the digests of one date."""
    return Day(
        date=day,
        digests=len(digests),
        sent=total(tally(digest.sent, digest.verdicts) for digest in digests),
        settings={setting: total(_tried(setting, d) for d in digests) for setting in SETTINGS},
        points=tuple(point for digest in digests for point in points(digest)),
    )


def _tried(setting: Setting, replayed: Replayed) -> Tally:
    offers = replayed.offers if setting.learning else replayed.unlearnt
    return tally(shown_with(setting, offers), replayed.verdicts)
