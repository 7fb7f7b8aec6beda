"""Threshold previews that are remembered: a scoring may take a second."""

import threading
from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime

from digestmail.domain import Interest, Profile, Subscriber
from digestmail.services.preview import PreviewService
from digestmail.steps.insight.threshold_preview import (
    ThresholdPreviews,
    preview_thresholds,
    recent_interests,
)
from digestmail.store import Store

_REMEMBERED = 500  # subscribers


class ThresholdPreviewService:
    """Previews thresholds for subscribers; safe to share between threads."""

    def __init__(self, store: Store, previews: PreviewService) -> None:
        self._store = store
        self._previews = previews
        self._known: OrderedDict[int, tuple[object, ThresholdPreviews]] = OrderedDict()
        self._made_at: datetime | None = None  # the model that all of it is of
        self._lock = threading.Lock()

    def of(self, subscriber: Subscriber, thresholds: Collection[float]) -> ThresholdPreviews:
        """Return ``preview_thresholds``; empty until the week's papers were read."""
        recent = self._previews.recent_model()
        if recent is None or not recent.papers:
            return {}
        subscriber_id = subscriber.stored_id
        feedback = tuple(self._store.feedback.of([subscriber_id]))
        weekly = subscriber.schedule.is_weekly
        question = (subscriber.profiles, weekly, feedback, frozenset(thresholds))
        with self._lock:
            if self._made_at != recent.made_at:
                self._known.clear()
                self._made_at = recent.made_at
            known = self._known.get(subscriber_id)
        if known and known[0] == question:
            return known[1]
        previews = preview_thresholds(self._store, recent, subscriber, thresholds)
        with self._lock:
            if self._made_at == recent.made_at:
                self._known[subscriber_id] = (question, previews)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return previews

    def forget(self, subscriber: Subscriber) -> None:
        """Forget a subscriber; of one erased in another process, until the model is new."""
        with self._lock:
            self._known.pop(subscriber.stored_id, None)

    def interest(self, subscriber: Subscriber, profile: Profile) -> Interest | None:
        """Return a profile with its owner's feedback; None until the week's papers were read."""
        recent = self._previews.recent_model()
        if recent is None:
            return None
        return recent_interests(self._store, recent, subscriber, [profile])[0]
