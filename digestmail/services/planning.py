"""The planning of digests, by one thread at a time: a model changes as it scores."""

import logging
import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfoNotFoundError

from digestmail.calendar import next_slot
from digestmail.domain import Clock, Digest, Interest, Subscriber
from digestmail.errors import InputError
from digestmail.services.models import ModelProvider
from digestmail.steps.daily.clock_setback import after_setback
from digestmail.steps.daily.prepare import (
    ALL,
    Planner,
    PrepareReport,
    PrepareRules,
    Share,
    due_blocks,
    prepare,
)
from digestmail.steps.daily.trending import TrendingPaper
from digestmail.steps.subscribers.pauses import end_pauses
from digestmail.store import DigestPlan, Store

if TYPE_CHECKING:
    from digestmail.relevance import Model

log = logging.getLogger(__name__)


class PlanningService:
    """Plans digests with the model of the day; safe to share between threads."""

    def __init__(
        self,
        store: Store,
        models: ModelProvider,
        rules: PrepareRules,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._models = models
        self._rules = rules
        self._clock = clock
        self._stop = stop
        self._lock = threading.Lock()

    def prepare(
        self,
        day: date | None,
        progress: Callable[[int], None],
        *,
        patient: bool,
        share: Share = ALL,
    ) -> PrepareReport:
        """Store the digests of all who are due, or everyone's of ``day``.

        Pauses that end today are ended first, and what a clock that was set back has done is put
        right. ``patient``: whether those who may wait for late papers do.
        """
        after_setback(self._store, self._clock())
        if ended := end_pauses(self._store, self._clock()):
            log.info("%d pauses ended", ended)
        with self._lock:
            make_model = self._models.embedded_digest_model
            now = self._clock()
            planner = Planner(self._store, make_model, self._rules, now, patient=patient)
            return prepare(
                self._store,
                planner,
                self._clock(),
                day=day,
                progress=progress,
                stop=self._stop,
                share=share,
            )

    def store_terms(self) -> None:
        """Store the terms of the papers that are news, once for all processes."""
        since = self._clock() - self._rules.window
        self._models.store_terms([paper for _, paper in self._store.papers.news(since)])

    def plan(self, day: date | None) -> list[DigestPlan]:
        """Return what ``prepare`` would store if it waited for nothing, without storing it."""
        with self._lock:
            planner = self._impatient_planner()
            blocks = due_blocks(self._store, self._clock(), day)
            return [plan for block in blocks for plan in planner.plan(block, day)]

    def next_digest(self, subscriber: Subscriber) -> Digest:
        """Return the digest that a subscriber would get next, of what is known now."""
        try:
            day = next_slot(subscriber.schedule, self._clock()).date
        except (ZoneInfoNotFoundError, ValueError, OverflowError):
            raise InputError(
                "schedule",
                (
                    f"{subscriber.email}: cannot be read; set it again with: digestmail "
                    "subscriber edit"
                ),
            ) from None
        with self._lock:
            (plan,) = self._impatient_planner().plan([subscriber], day)
        return plan.digests[-1]

    def coming_digests(self, lead: timedelta, most: int) -> list[tuple[Subscriber, Digest]]:
        """Return the digests that will be due within ``lead``, as they would be by now.

        They are those of at most ``most`` subscribers.
        """
        later = self._clock() + lead
        block = next(due_blocks(self._store, later, None, most), [])
        if not block:
            return []
        with self._lock:
            planner = Planner(
                self._store, self._models.digest_model, self._rules, later, patient=False
            )
            plans = planner.plan(block)
        subscribers = {subscriber.stored_id: subscriber for subscriber in block}
        return [(subscribers[plan.subscriber_id], plan.digests[-1]) for plan in plans]

    def interests(self, subscriber: Subscriber) -> "tuple[Model, list[Interest]]":
        """Return the model of what is news now, and an interest for each profile."""
        return self._impatient_planner().interests(subscriber)

    def trending(self, subscriber: Subscriber) -> dict[int, list[TrendingPaper]]:
        """Return the trending papers of what is news now, by id of each profile with any."""
        planner = self._impatient_planner()
        return {
            profile.stored_id: planner.trending(subscriber, profile)
            for profile in subscriber.profiles
            if profile.trending
        }

    def _impatient_planner(self) -> Planner:
        make_model, now = self._models.digest_model, self._clock()
        return Planner(self._store, make_model, self._rules, now, patient=False)
