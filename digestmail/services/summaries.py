"""Lines by the operator's language model: for which papers, and what it costs."""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from digestmail.domain import Clock
from digestmail.language_model.endpoint import Endpoint, EndpointSettings
from digestmail.services.planning import PlanningService
from digestmail.steps.daily.summaries import (
    Candidate,
    LineWriter,
    SummariesReport,
    SummaryRules,
    candidates_of,
)
from digestmail.store import Store


@dataclass(frozen=True, slots=True)
class CandidateRules:
    """The papers that get a line.

    Those of the digests of the ``last`` while, whose readers may look them up, at most of the
    newest ``digests``: of 1,000,000 picks the counting takes 13 s, of 50,000 less than one. Those
    that digests due within ``lead`` will have, of at most ``subscribers``, whose digests are
    scored for it in about a second; and the first ``trending`` papers of the trending page.
    """

    last: timedelta = timedelta(days=1)
    digests: int = 5_000
    lead: timedelta = timedelta(hours=2)
    subscribers: int = 500
    trending: int = 20


class SummaryService:
    """Writes the lines of papers that readers see or will see.

    ``trending`` returns the ids of the first papers of the trending page.
    """

    def __init__(
        self,
        store: Store,
        planning: PlanningService,
        trending: Callable[[datetime, int], Iterable[int]],
        endpoint: EndpointSettings,
        rules: SummaryRules,
        clock: Clock,
        stop: threading.Event,
        candidates: CandidateRules | None = None,
    ) -> None:
        self._store = store
        self._planning = planning
        self._trending = trending
        self._endpoint = endpoint
        self._rules = rules
        self._clock = clock
        self._stop = stop
        self._candidates = candidates or CandidateRules()

    def write(
        self, progress: Callable[[int], None], *, seconds: float = math.inf, is_patient: bool = True
    ) -> SummariesReport:
        """Write lines until all have theirs, the budget or the time is used up, or stopped.

        ``is_patient``: whether an endpoint that failed lately is left alone.
        """
        end = time.monotonic() + seconds
        with Endpoint(self._endpoint) as endpoint:
            writer = LineWriter(
                self._store,
                endpoint,
                self._rules,
                self._clock,
                lambda: self._stop.is_set() or time.monotonic() >= end,
            )
            if is_patient and writer.is_cooling_down():
                return SummariesReport()
            if writer.is_budget_used():
                return SummariesReport(is_budget_used=True)
            return writer.run(self._ordered(), progress)

    def _ordered(self) -> Iterator[Candidate]:
        now, rules = self._clock(), self._candidates
        coming = self._planning.coming_digests(rules.lead, rules.subscribers)
        digests = [
            *((item.paper.stored_id, s.language, 1) for s, d in coming for item in d.items),
            *self._store.lines.in_digests(now - rules.last, rules.digests),
        ]
        return candidates_of(digests, self._trending(now, rules.trending), self._rules.languages)
