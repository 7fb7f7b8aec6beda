"""Step 4: forget what there is no reason to keep."""

from datetime import datetime, timedelta

from digestmail.steps.daily.plan import FEEDBACK_WEIGHTS
from digestmail.store import Store

UNCONFIRMED = timedelta(days=7)  # an address that somebody typed and nobody confirmed
COUNTERS = timedelta(days=8)  # more than the longest window that is counted
TEXTS = timedelta(days=14)  # a weekly digest uses what was computed of its profile's text


def prune(store: Store, now: datetime) -> int:
    """Erase requests never confirmed and counters run out; returns how many requests."""
    store.rate_limits.forget(now - COUNTERS)
    store.damped.forget(now - FEEDBACK_WEIGHTS.damped_lifetime)
    store.taps.forget(now - COUNTERS)
    store.pending_uploads.forget(now - UNCONFIRMED)
    store.pending_profiles.forget(now - UNCONFIRMED)
    store.texts.forget(now - TEXTS)
    return store.subscribers.forget_unconfirmed(now - UNCONFIRMED)
