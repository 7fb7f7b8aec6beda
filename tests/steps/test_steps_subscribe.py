"""Joining, changing and leaving: nobody is bombed, betrayed or brought back unasked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from steps_world import DAY, GRAPHS, HOUR, LINKS, NOW, arrive, at_once, digest, join, planned

from digestmail.domain import (
    DeliveryKind,
    Paper,
    Profile,
    Schedule,
    Subscriber,
    SubscriberStatus,
    Verdict,
)
from digestmail.errors import InputError, NotFoundError, TokenError
from digestmail.steps.daily import plan
from digestmail.steps.daily.prune import prune
from digestmail.steps.reading.feedback import give, rated
from digestmail.steps.subscribers.access import mail_own_link
from digestmail.steps.subscribers.subscription import MOST_PROFILES, Desk
from digestmail.store import Store

ADA = "ada@example.net"
OTHER = Profile(name="My papers", keywords=("evil",))
EVENING = Schedule(hour=20, timezone="Europe/Rome")


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, LINKS)


def _ask(desk: Desk, email: str = ADA, at: datetime = NOW) -> None:
    desk.subscribe(email, GRAPHS, Schedule(hour=6), at)


def _letters(desk: Desk, *emails: str) -> list[DeliveryKind]:
    found = [desk.store.subscribers.find(email) for email in emails or (ADA,)]
    mine = [desk.store.ledger.of_subscriber(one.id or 0) for one in found if one]
    return [delivery.kind for some in mine for delivery in some]


def _found(desk: Desk, email: str = ADA) -> Subscriber:
    return desk.store.subscribers.by_email(email)


def _token(desk: Desk, at: datetime = NOW) -> str:
    """The token of the confirm mail that was asked for last."""
    ada = _found(desk)
    serial = desk.store.subscribers.serial(ada.id or 0)
    return desk.links.confirm(ada.id or 0, serial, at).rpartition("/")[2]


def _joined(desk: Desk) -> Subscriber:
    _ask(desk)
    return desk.confirm(_token(desk), NOW).subscriber


# --- asking ----------------------------------------------------------------------------------


def test_a_newcomer_is_pending_and_asked(desk: Desk) -> None:
    _ask(desk)
    ada = _found(desk)
    assert (ada.status, ada.next_due_at) == (SubscriberStatus.PENDING, None)
    assert _letters(desk) == [DeliveryKind.CONFIRM]


@pytest.mark.parametrize("status", [None, *SubscriberStatus])
def test_the_answer_never_tells_whether_an_address_is_known(
    desk: Desk, status: SubscriberStatus | None
) -> None:
    if status:
        join(desk.store, status=status)
    assert desk.subscribe(ADA, OTHER, EVENING, NOW) is None  # type: ignore[func-returns-value]
    assert desk.mail_link(ADA, NOW) is None  # type: ignore[func-returns-value]


def test_the_same_request_twice_at_once_is_one(desk: Desk) -> None:
    at_once(*[lambda: _ask(desk)] * 4)
    assert len(desk.store.subscribers.all()) == 1
    assert _letters(desk) == [DeliveryKind.CONFIRM]


@pytest.mark.parametrize(
    "spellings",
    [
        ("ada@example.net", "ada+news@example.net", "ada+x@example.net"),
        ("a.da@gmail.com", "ada@gmail.com", "ad.a+z@googlemail.com"),
    ],
)
def test_a_mailbox_gets_one_confirm_mail_a_day_however_it_is_spelled(
    desk: Desk, spellings: tuple[str, ...]
) -> None:
    for hours, email in enumerate(spellings * 3):
        _ask(desk, email, NOW + hours * HOUR)
    assert _letters(desk, *spellings) == [DeliveryKind.CONFIRM]


def test_at_most_three_confirm_mails_ever(desk: Desk) -> None:
    for days in range(10):
        _ask(desk, at=NOW + days * DAY)
    assert _letters(desk) == [DeliveryKind.CONFIRM] * 3


def test_the_count_begins_anew_after_a_confirmation(desk: Desk) -> None:
    desk.leave(_joined(desk))
    for days in range(1, 6):
        _ask(desk, at=NOW + days * DAY)
    assert _letters(desk) == [DeliveryKind.CONFIRM] * 4


def test_the_last_request_that_a_mail_asks_about_counts(desk: Desk) -> None:
    _ask(desk)
    desk.subscribe(ADA, replace(GRAPHS, keywords=("new",)), EVENING, NOW + 2 * DAY)
    ada = _found(desk)
    assert (ada.schedule, [p.keywords for p in ada.profiles]) == (EVENING, [("new",)])
    assert ada.next_due_at is None


def test_without_a_mail_nobody_changes_what_was_asked(desk: Desk) -> None:
    _with_upload(desk, _UPLOAD)
    before = _found(desk)
    desk.subscribe(ADA, OTHER, EVENING, NOW + HOUR, (replace(_UPLOAD, abstract="Evil."),))
    assert _found(desk) == before
    ada = desk.confirm(_token(desk), NOW + HOUR).subscriber
    assert [one.abstract for one in desk.store.uploads.of(ada.id or 0)] == ["Mine."]


def test_the_request_after_the_last_mail_changes_nothing(desk: Desk) -> None:
    for days in range(4):
        desk.subscribe(ADA, replace(GRAPHS, max_papers=days + 1), EVENING, NOW + 8 * days * DAY)
    assert _letters(desk) == [DeliveryKind.CONFIRM] * 3
    assert [profile.max_papers for profile in _found(desk).profiles] == [3]


def test_profiles_do_not_pile_up(desk: Desk) -> None:
    many = tuple(replace(GRAPHS, name=f"P{n}") for n in range(MOST_PROFILES))
    join(desk.store, profiles=many, status=SubscriberStatus.UNSUBSCRIBED)
    desk.subscribe(ADA, OTHER, EVENING, NOW)
    assert len(_found(desk).profiles) == MOST_PROFILES


@pytest.mark.parametrize("status", [SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED])
def test_one_who_is_here_gets_a_link_and_nothing_changes(
    desk: Desk, status: SubscriberStatus
) -> None:
    ada = join(desk.store, status=status)
    desk.subscribe(ADA, OTHER, EVENING, NOW)
    assert _found(desk) == ada
    assert _letters(desk) == [DeliveryKind.LINK]


def test_anybody_may_ask_for_three_links_a_week(desk: Desk) -> None:
    join(desk.store)
    for hours in range(0, 7 * 24, 5):
        desk.mail_link(ADA, NOW + timedelta(hours=hours))
    assert len(_letters(desk)) == 3
    desk.mail_link(ADA, NOW + 7 * DAY)
    assert len(_letters(desk)) == 4


def test_what_strangers_ask_for_keeps_no_reader_from_a_link_of_their_own(desk: Desk) -> None:
    ada = join(desk.store)
    for minutes in range(10):
        desk.mail_link(ADA, NOW + timedelta(minutes=minutes))
    for minutes in range(10):
        mail_own_link(desk.store, ada, NOW + timedelta(hours=1, minutes=minutes))
    assert len(_letters(desk)) == 6
    mail_own_link(desk.store, ada, NOW + DAY + HOUR)
    assert len(_letters(desk)) == 7


def test_the_count_of_unanswered_mails_outlives_what_is_forgotten(desk: Desk) -> None:
    """However often the request is purged, and however the mailbox is spelled."""
    sent = 0
    for days in range(0, 200, 4):
        at = NOW + days * DAY
        desk.subscribe(f"ve.ra+{days}@gmail.com", GRAPHS, EVENING, at)
        sent += sum(len(_letters(desk, one.email)) for one in desk.store.subscribers.all())
        for one in desk.store.subscribers.all():
            desk.store.subscribers.remove(one.id or 0)
        prune(desk.store, at)
    assert sent == 3


@pytest.mark.parametrize("status", [SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED])
def test_one_whom_mail_hurt_gets_nothing(desk: Desk, status: SubscriberStatus) -> None:
    ada = join(desk.store, status=status)
    desk.subscribe(ADA, OTHER, EVENING, NOW)
    assert _found(desk) == ada
    assert _letters(desk) == []


def test_a_suppressed_address_gets_nothing_even_after_erasure(desk: Desk) -> None:
    ada = _joined(desk)
    desk.bounce(ada, NOW)
    desk.store.subscribers.remove(ada.id or 0)
    _ask(desk)
    assert desk.store.subscribers.find(ADA) is None
    with pytest.raises(InputError, match=r"must not be mailed again \(bounced\)"):
        desk.add(ADA, [GRAPHS], EVENING, NOW, active=True)


def test_an_active_one_is_not_overwritten_by_a_request_made_before(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ask(desk)
    stale = _found(desk)
    ada = desk.confirm(_token(desk), NOW).subscriber
    monkeypatch.setattr(desk.store.subscribers, "find", lambda _: stale)
    desk.subscribe(ADA, OTHER, EVENING, NOW + DAY)
    monkeypatch.undo()
    assert _found(desk) == ada


# --- confirming ------------------------------------------------------------------------------


def test_confirming_makes_active_and_due(desk: Desk) -> None:
    ada = _joined(desk)
    assert (ada.status, ada.confirmed_at) == (SubscriberStatus.ACTIVE, NOW)
    assert ada.next_due_at == NOW + DAY


def test_pressing_twice_does_no_harm(desk: Desk) -> None:
    _ask(desk)
    token = _token(desk)
    first = desk.confirm(token, NOW).subscriber
    assert desk.confirm(token, NOW + HOUR).subscriber == first


def test_pressing_twice_at_once_does_no_harm(desk: Desk) -> None:
    _ask(desk)
    token = _token(desk)
    pressed = at_once(*[lambda: desk.confirm(token, NOW).subscriber] * 4)
    assert {one.status for one in pressed} == {SubscriberStatus.ACTIVE}


def test_looking_at_the_page_confirms_nothing(desk: Desk) -> None:
    _ask(desk)
    assert desk.pending(_token(desk), NOW).status is SubscriberStatus.PENDING
    assert _found(desk).status is SubscriberStatus.PENDING


def test_a_confirm_link_ages(desk: Desk) -> None:
    _ask(desk)
    token = _token(desk)
    for step in (desk.confirm, desk.pending):
        with pytest.raises(TokenError) as caught:
            step(token, NOW + 72 * HOUR + timedelta(minutes=2))
        assert caught.value.aged
    assert desk.confirm(token, NOW + 72 * HOUR).subscriber.status is SubscriberStatus.ACTIVE


def test_a_used_link_brings_nobody_back(desk: Desk) -> None:
    _ask(desk)
    token = _token(desk)
    desk.leave(desk.confirm(token, NOW).subscriber)
    with pytest.raises(TokenError, match="used before"):
        desk.confirm(token, NOW)
    _ask(desk, at=NOW + DAY)
    with pytest.raises(TokenError, match="used before"):
        desk.confirm(token, NOW + DAY)
    assert _found(desk).status is SubscriberStatus.PENDING


def test_one_who_left_comes_back_only_by_confirming(desk: Desk) -> None:
    desk.leave(_joined(desk))
    _ask(desk, at=NOW + DAY)
    assert _found(desk).status is SubscriberStatus.PENDING
    assert (
        desk.confirm(_token(desk, NOW + DAY), NOW + DAY).subscriber.status
        is SubscriberStatus.ACTIVE
    )


@pytest.mark.parametrize("status", [SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED])
def test_one_whom_mail_hurt_cannot_confirm(desk: Desk, status: SubscriberStatus) -> None:
    _ask(desk)
    token = _token(desk)
    desk.store.subscribers.set_status(_found(desk).id or 0, status, None)
    with pytest.raises(TokenError):
        desk.confirm(token, NOW)


def _links(desk: Desk, subscriber_id: int) -> Iterator[str]:
    links = desk.links
    yield links.confirm(subscriber_id, 0, NOW)
    yield links.preferences(subscriber_id, NOW)
    yield links.unsubscribe(subscriber_id)


def test_a_token_is_good_for_one_purpose(desk: Desk) -> None:
    ada = _joined(desk)
    confirm, preferences, leave = (url.rpartition("/")[2] for url in _links(desk, ada.id or 0))
    for token in (confirm, leave, leave[:-1], "", "x", "-", "ä-1-2", preferences + "a"):
        with pytest.raises(TokenError):
            desk.owner(token, NOW)
    for token in (preferences, leave):
        with pytest.raises(TokenError):
            desk.confirm(token, NOW)
    for token in (preferences, confirm):
        with pytest.raises(TokenError):
            desk.leaver(token)


# --- the owner's page ------------------------------------------------------------------------


def _preferences(ada: Subscriber) -> str:
    return LINKS.preferences(ada.id or 0, NOW).rpartition("/")[2]


@pytest.mark.parametrize(
    ("status", "may"),
    [
        (SubscriberStatus.ACTIVE, True),
        (SubscriberStatus.PAUSED, True),
        (SubscriberStatus.UNSUBSCRIBED, True),
        (SubscriberStatus.PENDING, False),
        (SubscriberStatus.BOUNCED, False),
        (SubscriberStatus.COMPLAINED, False),
    ],
)
def test_who_may_see_their_preferences(desk: Desk, status: SubscriberStatus, may: bool) -> None:
    ada = join(desk.store, status=status)
    if may:
        assert desk.owner(_preferences(ada), NOW) == ada
    else:
        with pytest.raises(TokenError, match="no subscriber any more"):
            desk.owner(_preferences(ada), NOW)


def test_preferences_of_the_erased_and_aged_links(desk: Desk) -> None:
    ada = join(desk.store)
    with pytest.raises(TokenError) as caught:
        desk.owner(_preferences(ada), NOW + 46 * DAY)
    assert caught.value.aged
    desk.store.subscribers.remove(ada.id or 0)
    with pytest.raises(TokenError, match="no subscriber any more"):
        desk.owner(_preferences(ada), NOW)


def test_pausing_and_resuming(desk: Desk) -> None:
    ada = join(desk.store)
    desk.pause(ada)
    assert (_found(desk).status, _found(desk).next_due_at) == (SubscriberStatus.PAUSED, None)
    desk.resume(_found(desk), NOW)
    assert (_found(desk).status, _found(desk).next_due_at) == (
        SubscriberStatus.ACTIVE,
        NOW + DAY,
    )


def test_a_new_schedule_sets_the_next_digest(desk: Desk) -> None:
    ada = join(desk.store, next_due_at=NOW + HOUR)
    desk.reschedule(ada, EVENING, NOW)
    assert _found(desk).next_due_at == NOW + 13 * HOUR
    desk.pause(ada)
    desk.reschedule(ada, Schedule(hour=7), NOW)
    assert _found(desk).next_due_at is None


def test_saving_ones_preferences_does_not_cancel_todays_digest(desk: Desk) -> None:
    ada = join(desk.store)
    desk.reschedule(ada, replace(ada.schedule, weekdays=frozenset({5})), NOW + HOUR / 60)
    assert _found(desk).next_due_at == NOW
    desk.resume(ada, NOW + HOUR / 60)
    assert _found(desk).next_due_at == NOW


@pytest.mark.parametrize(
    ("hour", "zone", "due"),
    [
        (4, "UTC", NOW),  # earlier: still due since six
        (9, "UTC", NOW + 3 * HOUR),  # later today
        (6, "America/Lima", NOW + 5 * HOUR),
        (6, "Asia/Tokyo", NOW),
        (9, "Pacific/Kiritimati", NOW),
    ],
)
def test_a_digest_that_waits_keeps_its_date(
    desk: Desk, hour: int, zone: str, due: datetime
) -> None:
    ada = join(desk.store)
    desk.reschedule(ada, Schedule(hour=hour, timezone=zone), NOW + HOUR / 2)
    assert _found(desk).next_due_at == due
    moved = plan.due(_found(desk), max(NOW + HOUR, due), 20 * HOUR)
    assert moved.serve is not None
    assert moved.serve.date == NOW.date()


def test_a_digest_that_waits_keeps_its_date_where_it_is_tomorrow(desk: Desk) -> None:
    noon = NOW + 6 * HOUR
    ada = join(desk.store, schedule=Schedule(hour=12), next_due_at=noon)
    desk.reschedule(ada, Schedule(hour=9, timezone="Pacific/Kiritimati"), noon + HOUR)
    moved = plan.due(_found(desk), noon + HOUR, 20 * HOUR)
    assert moved.serve is not None
    assert moved.serve.date == NOW.date()


def test_leaving_twice_does_no_harm(desk: Desk) -> None:
    ada = join(desk.store)
    desk.leave(ada)
    desk.leave(ada)
    found = _found(desk)
    assert (found.status, found.next_due_at) == (SubscriberStatus.UNSUBSCRIBED, None)


@pytest.mark.parametrize("status", [SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED])
def test_leaving_hides_no_bounce(desk: Desk, status: SubscriberStatus) -> None:
    ada = join(desk.store, status=status)
    desk.leave(ada)
    assert _found(desk).status is status
    with pytest.raises(InputError, match="cannot be made active"):
        desk.resume(ada, NOW)


def test_a_page_opened_before_leaving_cannot_pause_or_reschedule_back(desk: Desk) -> None:
    stale = join(desk.store)
    desk.leave(stale)
    with pytest.raises(InputError, match="cannot be made paused"):
        desk.pause(stale)
    desk.reschedule(stale, EVENING, NOW)
    assert _found(desk).next_due_at is None


def test_an_unsubscribe_link_never_ages_and_ends_with_erasure(desk: Desk) -> None:
    ada = join(desk.store)
    token = LINKS.unsubscribe_token(ada.id or 0)
    assert desk.leaver(token) == ada
    desk.store.subscribers.remove(ada.id or 0)
    assert desk.leaver(token) is None


# --- profiles and the operator ---------------------------------------------------------------


def test_a_subscriber_has_so_many_profiles(desk: Desk) -> None:
    ada = join(desk.store)
    for n in range(MOST_PROFILES - 1):
        desk.save_profile(_found(desk), replace(GRAPHS, name=f"P{n}"))
    with pytest.raises(InputError, match="the most"):
        desk.save_profile(_found(desk), replace(GRAPHS, name="One more"))
    assert desk.save_profile(_found(desk), replace(ada.profiles[0], keywords=("x",)))


def test_a_forged_profile_id_changes_nothing(desk: Desk) -> None:
    ada, eve = join(desk.store), join(desk.store, "eve@example.net")
    with pytest.raises(NotFoundError):
        desk.save_profile(eve, replace(ada.profiles[0], name="Eve's", keywords=("eve",)))
    assert _found(desk) == ada


def test_the_operator_adds_one_active(desk: Desk) -> None:
    added = desk.add(ADA, [GRAPHS], EVENING, NOW, active=True)
    assert (added.status, added.next_due_at) == (SubscriberStatus.ACTIVE, NOW + 13 * HOUR)
    assert _letters(desk) == []
    with pytest.raises(InputError, match="already"):
        desk.add(ADA, [GRAPHS], EVENING, NOW, active=False)


def test_the_operator_adds_one_to_be_asked(desk: Desk) -> None:
    assert desk.add(ADA, [], EVENING, NOW, active=False).status is SubscriberStatus.PENDING
    assert _letters(desk) == [DeliveryKind.CONFIRM]


# --- feedback --------------------------------------------------------------------------------


def test_feedback_by_link(desk: Desk) -> None:
    ada = join(desk.store)
    papers = arrive(desk.store, 1, 2)
    (stored,) = desk.store.digests.record([planned(ada, digest(ada, papers))])
    token = LINKS.feedback(stored.id or 0, 2, Verdict.MORE).split("/")[-3]
    found = rated(desk.store, LINKS, token, 2)
    give(desk.store, found, Verdict.MORE, NOW)
    (given,) = desk.store.feedback.of([ada.id or 0])
    assert (given.paper_id, given.verdict) == (papers[1].id, Verdict.MORE)
    for position in (0, 3, -1, 10**9):
        with pytest.raises(TokenError, match="no such paper"):
            rated(desk.store, LINKS, token, position)


def test_feedback_on_a_digest_that_is_gone(desk: Desk) -> None:
    token = LINKS.feedback(10**6, 1, Verdict.LESS).split("/")[-3]
    with pytest.raises(TokenError, match="not kept any more"):
        rated(desk.store, LINKS, token, 1)
    with pytest.raises(TokenError, match="damaged"):
        rated(desk.store, LINKS, "nonsense", 1)


# --- what the operator may not undo ----------------------------------------------------------


def test_only_they_themselves_bring_back_who_left(desk: Desk) -> None:
    ada = _joined(desk)
    desk.leave(ada)
    with pytest.raises(InputError):
        desk.resume(_found(desk), NOW)
    desk.come_back(_found(desk), NOW)
    assert _found(desk).status is SubscriberStatus.ACTIVE


def test_erasing_who_left_keeps_only_that_they_must_be_asked(desk: Desk) -> None:
    desk.leave(_joined(desk))
    desk.erase(_found(desk), NOW)
    assert desk.store.subscribers.find(ADA) is None
    with pytest.raises(InputError, match="must not be mailed"):
        desk.add(ADA, [GRAPHS], EVENING, NOW, active=True)
    _ask(desk, at=NOW + 2 * DAY)
    desk.confirm(_token(desk, NOW + 2 * DAY), NOW + 2 * DAY)
    assert desk.suppressed(ADA) is None


def test_erasing_a_reader_leaves_no_trace(desk: Desk) -> None:
    desk.erase(_joined(desk), NOW)
    assert desk.suppressed(ADA) is None


def test_a_suppressed_address_is_no_new_address(desk: Desk) -> None:
    bounced = join(desk.store, "gone@example.net")
    desk.bounce(bounced, NOW)
    with pytest.raises(InputError, match="must not be mailed"):
        desk.change_email(join(desk.store, ADA), "gone@example.net")
    desk.lift(desk.store.subscribers.by_email("gone@example.net"), NOW)
    assert desk.suppressed("gone@example.net") is None


def test_asking_again_on_the_day_of_leaving_takes_nothing_away(desk: Desk) -> None:
    ada = _joined(desk)
    link = desk.links.preferences(ada.id or 0, NOW).rpartition("/")[2]
    desk.leave(ada)
    desk.subscribe(ADA, OTHER, EVENING, NOW + HOUR)
    still = desk.owner(link, NOW + HOUR)
    assert (still.status, still.profiles) == (SubscriberStatus.UNSUBSCRIBED, ada.profiles)
    desk.subscribe(ADA, OTHER, EVENING, NOW + 2 * DAY)
    assert desk.owner(link, NOW + 2 * DAY).status is SubscriberStatus.PENDING


def test_a_date_that_has_its_digest_is_not_promised_again(desk: Desk) -> None:
    ada = join(desk.store, next_due_at=NOW + DAY)
    had = planned(ada, digest(ada), next_due_at=NOW + DAY, was_due_at=NOW + DAY)
    desk.store.digests.record([had])
    desk.reschedule(_found(desk), Schedule(hour=12), NOW + HOUR)
    assert _found(desk).next_due_at == NOW.replace(hour=12) + DAY


def test_a_used_link_does_not_show_its_button(desk: Desk) -> None:
    _ask(desk)
    token = _token(desk)
    desk.confirm(token, NOW)
    assert desk.pending(token, NOW).status is SubscriberStatus.ACTIVE
    desk.leave(_found(desk))
    with pytest.raises(TokenError, match="used before"):
        desk.pending(token, NOW)


def test_a_suppressed_address_does_not_come_back(desk: Desk, store: Store) -> None:
    ada = join(store, status=SubscriberStatus.PAUSED)
    store.guards.suppress(store.guards.address_hash(ada.email), "complained", NOW)
    with pytest.raises(InputError, match="must not be mailed again"):
        desk.come_back(ada, NOW)
    assert store.subscribers.by_email(ada.email).status is SubscriberStatus.PAUSED


# --- uploads, and who never asked ------------------------------------------------------------

_UPLOAD = Paper(key="library:abc", title="On my own work", abstract="Mine.")
_NAMING = replace(GRAPHS, seed_papers=(_UPLOAD.key,))


def _with_upload(desk: Desk, *uploads: Paper, at: datetime = NOW) -> None:
    desk.subscribe(ADA, _NAMING, Schedule(hour=6), at, uploads)


def _uploads(desk: Desk, reader: Subscriber) -> list[str]:
    return [paper.key for paper in desk.store.uploads.of(reader.id or 0)]


def test_an_upload_waits_for_the_confirmation(desk: Desk) -> None:
    _with_upload(desk, _UPLOAD)
    assert _uploads(desk, _found(desk)) == []
    assert _uploads(desk, desk.confirm(_token(desk), NOW).subscriber) == [_UPLOAD.key]


def test_the_last_request_brings_its_own_upload(desk: Desk) -> None:
    _with_upload(desk, _UPLOAD)
    _with_upload(desk, at=NOW + 2 * DAY)
    assert _uploads(desk, desk.confirm(_token(desk), NOW + 2 * DAY).subscriber) == []


def test_uploads_go_with_their_reader(desk: Desk) -> None:
    _with_upload(desk, _UPLOAD)
    ada = desk.confirm(_token(desk), NOW).subscriber
    eve = desk.add("eve@example.net", [_NAMING], EVENING, NOW, [_UPLOAD], active=True)
    desk.erase(ada, NOW)
    assert (_uploads(desk, ada), _uploads(desk, eve)) == ([], [_UPLOAD.key])


def test_what_waits_of_one_who_left_goes_with_them(desk: Desk) -> None:
    desk.leave(_joined(desk))
    _with_upload(desk, _UPLOAD, at=NOW + 2 * DAY)
    ada = _found(desk)
    assert desk.store.uploads.waiting(ada.id or 0)
    desk.erase(ada, NOW + 2 * DAY)
    assert not desk.store.uploads.waiting(ada.id or 0)


def test_an_upload_by_the_operator_waits_too(desk: Desk) -> None:
    bob = desk.add("bob@example.net", [_NAMING], EVENING, NOW, [_UPLOAD], active=False)
    assert _uploads(desk, bob) == []
    serial = desk.store.subscribers.serial(bob.id or 0)
    token = desk.links.confirm(bob.id or 0, serial, NOW).rpartition("/")[2]
    assert _uploads(desk, desk.confirm(token, NOW).subscriber) == [_UPLOAD.key]


def _never(desk: Desk) -> str:
    return desk.links.never(_found(desk).id or 0).rpartition("/")[2]


def test_who_never_asked_is_forgotten_and_never_mailed(desk: Desk) -> None:
    _with_upload(desk, _UPLOAD)
    ada, token = _found(desk), _never(desk)
    desk.refuse(token, NOW)
    desk.refuse(token, NOW)  # pressed twice
    assert desk.store.uploads.take(ada.id or 0) == ""
    _ask(desk, at=NOW + 2 * DAY)
    _ask(desk, "ada+again@example.net", at=NOW + 4 * DAY)
    assert desk.store.subscribers.all() == []


def test_a_reader_who_refuses_has_left(desk: Desk) -> None:
    _joined(desk)
    desk.refuse(_never(desk), NOW)
    assert _found(desk).status is SubscriberStatus.UNSUBSCRIBED
    with pytest.raises(InputError, match="refused"):
        desk.come_back(_found(desk), NOW)


def test_a_link_to_refuse_opens_nothing_else(desk: Desk) -> None:
    _joined(desk)
    for read in (desk.owner, desk.pending):
        with pytest.raises(TokenError):
            read(_never(desk), NOW)
    with pytest.raises(TokenError):
        desk.refuse(_token(desk), NOW)


def test_a_mailbox_is_asked_three_times_a_week_however_it_is_spelled(desk: Desk) -> None:
    spellings = [f"ada+{days}@example.net" for days in range(6)]
    for days, email in enumerate(spellings):
        _ask(desk, email, NOW + days * DAY)
    assert len(_letters(desk, *spellings)) == 3
