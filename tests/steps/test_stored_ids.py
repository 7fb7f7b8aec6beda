"""What was never stored has no row: asking for it is a mistake, not an empty answer."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from steps_world import LINKS

from digestmail.domain import Paper, Profile, Schedule, Subscriber
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import Store

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
UNSAVED = Subscriber(email="ada@example.net", profiles=(Profile(keywords=("sea ice",)),))


@pytest.mark.parametrize("value", [UNSAVED, UNSAVED.profiles[0], Paper(key="test:1", title="One")])
def test_a_value_that_was_never_stored_has_no_id(value: Subscriber | Profile | Paper) -> None:
    with pytest.raises(ValueError, match="is not stored and has no id"):
        _ = value.stored_id


def test_a_stored_value_has_the_id_of_its_row() -> None:
    assert Paper(key="test:1", title="One", id=7).stored_id == 7


@pytest.mark.parametrize(
    "change",
    [
        lambda service: service.leave(UNSAVED),
        lambda service: service.reschedule(UNSAVED, Schedule(hour=7), NOW),
        lambda service: service.erase(UNSAVED, NOW),
        lambda service: service.pause(UNSAVED),
        lambda service: service.bounce(UNSAVED, NOW),
    ],
    ids=["leave", "reschedule", "erase", "pause", "bounce"],
)
def test_nothing_is_done_for_a_subscriber_who_was_never_stored(
    store: Store, change: Callable[[SubscriptionService], object]
) -> None:
    with pytest.raises(ValueError, match="this subscriber is not stored and has no id"):
        change(SubscriptionService(store, LINKS))
