"""Trending papers: ranked by upvotes and by readers here, else by how central they are. Pure.

``docs/trending.md`` tells the formula. A ranking is the same for all who share the hard rules of a
profile, so each is made once for a run of ``prepare``.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digestmail.domain import DigestItem, Interest, Paper, Profile, Reason, ReasonKind
from digestmail.store.papers import SEEDS, UPLOADS

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendingParameters:
    """The parameters of trending. Product choices, as nobody's judgement tells them."""

    window: timedelta = timedelta(days=7)  # since first sight; later upvotes are few
    half_days: float = 2.0  # an upvote of a paper so old counts half
    reader_weight: float = 4.0  # upvotes that a reader here stands for: a site has many more
    least_readers: int = 5  # who liked or saved a paper; fewer might tell who they are
    least_heat: float = 5.0  # upvotes adjusted for age; fewer are those of friends
    central_papers: int = 1_000  # the newest, which are compared with each other: 4 MB, 20 ms
    most_central: int = 40  # picked of them: four digests
    least_compared: int = 3  # papers of which some can be central
    central_share: float = 0.5  # of the papers compared, at most: not all are central
    least_trending: int = 3  # papers of a trending digest, however personal it becomes
    personal_papers: int = 2  # of a trending digest for each like, at most
    personal_threshold: float = 0.03  # of its scores: twice that of a paper nothing speaks for
    remembered: int = 4_096  # rankings by rules of profiles, of late: some 10 MB


PARAMETERS = TrendingParameters()


def heat(
    upvotes: int, readers: int, age_days: float, parameters: TrendingParameters = PARAMETERS
) -> float:
    """Return the upvotes of a paper, those of readers here added, adjusted for its age.

    ``readers`` below ``least_readers`` do not count. At an age of 0 nothing is adjusted.
    """
    counted = readers if readers >= parameters.least_readers else 0
    votes = upvotes + parameters.reader_weight * counted
    return votes / (1 + max(age_days, 0.0) / parameters.half_days)


def heat_reasons(
    upvotes: int, readers: int, value: float, parameters: TrendingParameters = PARAMETERS
) -> tuple[Reason, ...]:
    """Return why a paper of this heat is trending; its weight is the heat."""
    reasons = []
    if upvotes >= parameters.least_heat:
        reasons.append(Reason(ReasonKind.TRENDING, (str(upvotes),), value))
    if readers >= parameters.least_readers:
        reasons.append(Reason(ReasonKind.READERS, (str(readers),), value))
    return tuple(reasons)


@dataclass(frozen=True, slots=True)
class TrendingPaper:
    """A trending paper by its position among the papers, and the reasons why it is."""

    position: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class DigestSpan:
    """The time that a digest covers: the days since the last one, and whether it is weekly."""

    days: int  # 1..7
    is_weekly: bool = False


def span_of(
    since: datetime | None,
    now: datetime,
    *,
    is_weekly: bool,
    parameters: TrendingParameters = PARAMETERS,
) -> DigestSpan:
    """Return the span of a digest; ``since``: when the papers of the last one were read."""
    most = parameters.window // DAY
    days = most if since is None else round((now - since) / DAY)
    return DigestSpan(min(max(days, 1), most), is_weekly)


# The papers that hard rules permit, by position, and the most central ones of some papers.
Permitted = Callable[[Profile], Collection[int]]
Central = Callable[[Sequence[int], int], Sequence[int]]


class TrendingRankings:
    """The trending papers of one moment. ``readers``: who liked or saved a paper, by its id.

    ``permitted`` applies a profile's hard rules and ``central`` ranks papers by how well they
    stand for the others.
    """

    def __init__(
        self,
        papers: Sequence[Paper],
        readers: Mapping[int, int],
        now: datetime,
        permitted: Permitted,
        central: Central,
        parameters: TrendingParameters = PARAMETERS,
    ) -> None:
        self.parameters = parameters
        self._permitted = permitted
        self._central = central
        self._ages = {
            position: (now - paper.first_seen_at) / DAY
            for position, paper in enumerate(papers)
            if paper.first_seen_at is not None
            and now - paper.first_seen_at < parameters.window
            and paper.source not in (SEEDS, UPLOADS)
        }
        self._votes = {
            position: (papers[position].upvotes, readers.get(papers[position].stored_id, 0))
            for position in self._ages
        }
        self._hot: dict[bool, list[TrendingPaper]] = {}
        self._rankings: OrderedDict[object, list[TrendingPaper]] = OrderedDict()

    def of(self, profile: Profile, span: DigestSpan) -> Iterator[TrendingPaper]:
        """Yield the trending papers that a profile's hard rules permit, the best first.

        Those that readers voted for come before those that are central, which are looked for only
        if the former are not enough.
        """
        rules = _rules_of(profile)

        def voted() -> list[TrendingPaper]:
            return self._permitted_among(self._hottest(span), rules)

        def central() -> list[TrendingPaper]:
            return self._permitted_among(self._most_central(rules, span), rules)

        ranking = self._remembered(("voted", rules, span.is_weekly), voted)
        yield from ranking
        positions = {paper.position for paper in ranking}
        for paper in self._remembered(("central", rules, span.days), central):
            if paper.position not in positions:
                yield paper

    def _remembered(
        self, question: object, answer: Callable[[], list[TrendingPaper]]
    ) -> list[TrendingPaper]:
        """Return the answer to a question of late, else look for it."""
        if question not in self._rankings:
            self._rankings[question] = answer()
            if len(self._rankings) > self.parameters.remembered:
                self._rankings.popitem(last=False)
        self._rankings.move_to_end(question)
        return self._rankings[question]

    def _permitted_among(
        self, papers: Sequence[TrendingPaper], rules: Profile
    ) -> list[TrendingPaper]:
        permitted = self._permitted(rules) if papers else ()
        return [paper for paper in papers if paper.position in permitted]

    def _hottest(self, span: DigestSpan) -> list[TrendingPaper]:
        """Return the papers with votes enough; those of a week count fully, whatever the day."""
        weekly = span.is_weekly
        if weekly not in self._hot:
            ranked: list[tuple[float, float, int]] = []
            for position, (upvotes, readers) in self._votes.items():
                age = self._ages[position]
                value = heat(upvotes, readers, 0.0 if weekly else age, self.parameters)
                if value >= self.parameters.least_heat:
                    ranked.append((-value, age, -position))
            self._hot[weekly] = [
                self._voted(-position, -value) for value, _, position in sorted(ranked)
            ]
        return self._hot[weekly]

    def _voted(self, position: int, value: float) -> TrendingPaper:
        upvotes, readers = self._votes[position]
        reasons = heat_reasons(upvotes, readers, value, self.parameters)
        return TrendingPaper(position, reasons)

    def _most_central(self, rules: Profile, span: DigestSpan) -> list[TrendingPaper]:
        """Return the most central new papers of a profile's categories, which many share."""
        chosen = Profile(categories=tuple(sorted(set(rules.categories))))
        question = ("in categories", chosen.categories, span.days)
        return self._remembered(question, lambda: self._central_in(chosen, span))

    def _central_in(self, chosen: Profile, span: DigestSpan) -> list[TrendingPaper]:
        permitted = self._permitted(chosen)
        recent = [p for p, age in self._ages.items() if age < span.days and p in permitted]
        recent.sort(key=lambda position: self._ages[position])
        compared = recent[: self.parameters.central_papers]
        if len(compared) < self.parameters.least_compared:
            return []
        share = int(len(compared) * self.parameters.central_share)
        central = self._central(compared, min(share, self.parameters.most_central))
        reasons = (Reason(ReasonKind.CENTRAL, (str(len(compared)),)),)
        return [TrendingPaper(position, reasons) for position in central]


def _rules_of(profile: Profile) -> Profile:
    """Return a profile with nothing but its hard rules, so that equal ones are equal."""
    return Profile(
        categories=profile.categories,
        excluded_categories=profile.excluded_categories,
        excluded_authors=profile.excluded_authors,
        required_keywords=profile.required_keywords,
        excluded_keywords=profile.excluded_keywords,
    )


def personal_interest(interest: Interest, parameters: TrendingParameters = PARAMETERS) -> Interest:
    """Return what a profile's papers are scored by: of a trending digest its personal part.

    That part grows with each like, and keeps room for trending papers. It may choose from all
    papers of the window, as none of them was judged by a first like, and competes with papers
    that nothing personal speaks for: so its threshold is low.
    """
    profile = interest.profile
    if not profile.is_trending_only:
        return interest
    room = max(profile.max_papers, profile.trending)
    room -= min(parameters.least_trending, profile.trending)
    papers = min(room, parameters.personal_papers * len(interest.liked))
    threshold = min(profile.threshold, parameters.personal_threshold)
    part = replace(profile, max_papers=max(papers, 1), threshold=threshold)
    return replace(interest, profile=part, first=0)


def trending_limit(profile: Profile, personal: int) -> int:
    """Return how many trending papers a profile adds to so many ``personal`` ones.

    They are what a trending digest consists of, as far as it has not become personal.
    """
    if not profile.is_trending_only:
        return profile.trending
    return max(max(profile.max_papers, profile.trending) - personal, 0)


def with_trending(
    items: Sequence[DigestItem],
    profiles: Sequence[Profile],
    rankings: TrendingRankings,
    papers: Sequence[Paper],
    span: DigestSpan,
    blocked: Collection[int],
) -> tuple[DigestItem, ...]:
    """Return a digest's personal items with the trending ones after them, each title once.

    ``blocked`` are the positions of papers that the subscriber knows.
    """
    digest = list(items)
    titles = {item.paper.title.casefold() for item in items}  # a series may share its title
    for profile in profiles:
        personal = sum(item.profile_id == profile.id for item in items)
        room = trending_limit(profile, personal)
        for trending in rankings.of(profile, span) if room else ():
            paper = papers[trending.position]
            title = paper.title.casefold()
            if trending.position in blocked or title in titles:
                continue
            digest.append(
                DigestItem(
                    position=len(digest) + 1,
                    paper=paper,
                    profile_id=profile.id,
                    profile_name=profile.name,
                    score=0.0,
                    reasons=trending.reasons,
                )
            )
            titles.add(title)
            room -= 1
            if not room:
                break
    return tuple(digest)
