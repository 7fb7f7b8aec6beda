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
    trending_profile,
)
from digestmail.errors import InputError, NotFoundError, TokenError
from digestmail.steps.daily import plan
from digestmail.steps.daily.prune import prune
from digestmail.steps.reading.feedback import paper_of_link, record_verdict
from digestmail.steps.subscribers.access import mail_own_link
from digestmail.steps.subscribers.subscription import MOST_PROFILES, SubscriptionService
from digestmail.store import Store

ADA = "ada@example.net"
OTHER = Profile(name="My papers", keywords=("evil",))
EVENING = Schedule(hour=20, timezone="Europe/Rome")


@pytest.fixture
def service(store: Store) -> SubscriptionService:
    return SubscriptionService(store, LINKS)


def _ask(service: SubscriptionService, email: str = ADA, at: datetime = NOW) -> None:
    service.subscribe(email, GRAPHS, Schedule(hour=6), at)


def _letters(service: SubscriptionService, *emails: str) -> list[DeliveryKind]:
    found = [service.store.subscribers.find(email) for email in emails or (ADA,)]
    mine = [service.store.ledger.of_subscriber(one.stored_id) for one in found if one]
    return [delivery.kind for some in mine for delivery in some]


def _found(service: SubscriptionService, email: str = ADA) -> Subscriber:
    return service.store.subscribers.by_email(email)


def _token(service: SubscriptionService, at: datetime = NOW) -> str:
    """The token of the confirm mail that was asked for last."""
    ada = _found(service)
    serial = service.store.subscribers.serial(ada.stored_id)
    return service.links.confirm(ada.stored_id, serial, at).rpartition("/")[2]


def _joined(service: SubscriptionService) -> Subscriber:
    _ask(service)
    return service.confirm(_token(service), NOW).subscriber


# --- asking ----------------------------------------------------------------------------------


def test_a_newcomer_is_pending_and_asked(service: SubscriptionService) -> None:
    _ask(service)
    ada = _found(service)
    assert (ada.status, ada.next_due_at) == (SubscriberStatus.PENDING, None)
    assert _letters(service) == [DeliveryKind.CONFIRM]


@pytest.mark.parametrize("status", [None, *SubscriberStatus])
def test_the_answer_never_tells_whether_an_address_is_known(
    service: SubscriptionService, status: SubscriberStatus | None
) -> None:
    if status:
        join(service.store, status=status)
    assert service.subscribe(ADA, OTHER, EVENING, NOW) is None  # type: ignore[func-returns-value]
    assert service.mail_link(ADA, NOW) is None  # type: ignore[func-returns-value]


def test_the_same_request_twice_at_once_is_one(service: SubscriptionService) -> None:
    at_once(*[lambda: _ask(service)] * 4)
    assert len(service.store.subscribers.all()) == 1
    assert _letters(service) == [DeliveryKind.CONFIRM]


@pytest.mark.parametrize(
    "spellings",
    [
        ("ada@example.net", "ada+news@example.net", "ada+x@example.net"),
        ("a.da@gmail.com", "ada@gmail.com", "ad.a+z@googlemail.com"),
    ],
)
def test_a_mailbox_gets_one_confirm_mail_a_day_however_it_is_spelled(
    service: SubscriptionService, spellings: tuple[str, ...]
) -> None:
    for hours, email in enumerate(spellings * 3):
        _ask(service, email, NOW + hours * HOUR)
    assert _letters(service, *spellings) == [DeliveryKind.CONFIRM]


def test_at_most_three_confirm_mails_ever(service: SubscriptionService) -> None:
    for days in range(10):
        _ask(service, at=NOW + days * DAY)
    assert _letters(service) == [DeliveryKind.CONFIRM] * 3


def test_the_count_begins_anew_after_a_confirmation(service: SubscriptionService) -> None:
    service.leave(_joined(service))
    for days in range(1, 6):
        _ask(service, at=NOW + days * DAY)
    assert _letters(service) == [DeliveryKind.CONFIRM] * 4


def test_the_last_request_that_a_mail_asks_about_counts(service: SubscriptionService) -> None:
    _ask(service)
    service.subscribe(ADA, replace(GRAPHS, keywords=("new",)), EVENING, NOW + 2 * DAY)
    ada = _found(service)
    assert (ada.schedule, [p.keywords for p in ada.profiles]) == (EVENING, [("new",)])
    assert ada.next_due_at is None


def test_without_a_mail_nobody_changes_what_was_asked(service: SubscriptionService) -> None:
    _with_upload(service, _UPLOAD)
    before = _found(service)
    service.subscribe(ADA, OTHER, EVENING, NOW + HOUR, (replace(_UPLOAD, abstract="Evil."),))
    assert _found(service) == before
    ada = service.confirm(_token(service), NOW + HOUR).subscriber
    assert [one.abstract for one in service.store.uploads.of(ada.stored_id)] == ["Mine."]


def test_the_request_after_the_last_mail_changes_nothing(
    service: SubscriptionService,
) -> None:
    for days in range(4):
        service.subscribe(ADA, replace(GRAPHS, max_papers=days + 1), EVENING, NOW + 8 * days * DAY)
    assert _letters(service) == [DeliveryKind.CONFIRM] * 3
    assert [profile.max_papers for profile in _found(service).profiles] == [3]


def test_profiles_do_not_pile_up(service: SubscriptionService) -> None:
    many = tuple(replace(GRAPHS, name=f"P{n}") for n in range(MOST_PROFILES))
    join(service.store, profiles=many, status=SubscriberStatus.UNSUBSCRIBED)
    service.subscribe(ADA, OTHER, EVENING, NOW)
    assert len(_found(service).profiles) == MOST_PROFILES


@pytest.mark.parametrize(
    ("first", "second"), [(trending_profile(), OTHER), (OTHER, trending_profile())]
)
def test_of_a_trending_and_a_personal_request_the_later_counts(
    service: SubscriptionService, first: Profile, second: Profile
) -> None:
    service.subscribe(ADA, first, EVENING, NOW)
    service.subscribe(ADA, second, EVENING, NOW + DAY)
    (profile,) = _found(service).profiles
    assert (profile.name, profile.is_trending_only) == (second.name, second.is_trending_only)


@pytest.mark.parametrize("status", [SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED])
@pytest.mark.parametrize(
    ("profile", "kind"),
    [(OTHER, DeliveryKind.PROFILE), (trending_profile(), DeliveryKind.LINK)],
)
def test_one_who_is_here_gets_a_link_and_nothing_changes(
    service: SubscriptionService,
    status: SubscriberStatus,
    profile: Profile,
    kind: DeliveryKind,
) -> None:
    ada = join(service.store, status=status)
    service.subscribe(ADA, profile, EVENING, NOW)
    assert _found(service) == ada
    assert _letters(service) == [kind]


def test_anybody_may_ask_for_three_links_a_week(service: SubscriptionService) -> None:
    join(service.store)
    for hours in range(0, 7 * 24, 5):
        service.mail_link(ADA, NOW + timedelta(hours=hours))
    assert len(_letters(service)) == 3
    service.mail_link(ADA, NOW + 7 * DAY)
    assert len(_letters(service)) == 4


def test_what_strangers_ask_for_keeps_no_reader_from_a_link_of_their_own(
    service: SubscriptionService,
) -> None:
    ada = join(service.store)
    for minutes in range(10):
        service.mail_link(ADA, NOW + timedelta(minutes=minutes))
    for minutes in range(10):
        mail_own_link(service.store, ada, NOW + timedelta(hours=1, minutes=minutes))
    assert len(_letters(service)) == 6
    mail_own_link(service.store, ada, NOW + DAY + HOUR)
    assert len(_letters(service)) == 7


def test_the_count_of_unanswered_mails_outlives_what_is_forgotten(
    service: SubscriptionService,
) -> None:
    """However often the request is purged, and however the mailbox is spelled."""
    sent = 0
    for days in range(0, 200, 4):
        at = NOW + days * DAY
        service.subscribe(f"ve.ra+{days}@gmail.com", GRAPHS, EVENING, at)
        sent += sum(len(_letters(service, one.email)) for one in service.store.subscribers.all())
        for one in service.store.subscribers.all():
            service.store.subscribers.remove(one.stored_id)
        prune(service.store, at)
    assert sent == 3


@pytest.mark.parametrize("status", [SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED])
def test_one_whom_mail_hurt_gets_nothing(
    service: SubscriptionService, status: SubscriberStatus
) -> None:
    ada = join(service.store, status=status)
    service.subscribe(ADA, OTHER, EVENING, NOW)
    assert _found(service) == ada
    assert _letters(service) == []


def test_a_suppressed_address_gets_nothing_even_after_erasure(
    service: SubscriptionService,
) -> None:
    ada = _joined(service)
    service.bounce(ada, NOW)
    service.store.subscribers.remove(ada.stored_id)
    _ask(service)
    assert service.store.subscribers.find(ADA) is None
    with pytest.raises(InputError, match=r"must not be mailed again \(bounced\)"):
        service.add(ADA, [GRAPHS], EVENING, NOW, active=True)


def test_an_active_one_is_not_overwritten_by_a_request_made_before(
    service: SubscriptionService, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ask(service)
    stale = _found(service)
    ada = service.confirm(_token(service), NOW).subscriber
    monkeypatch.setattr(service.store.subscribers, "find", lambda _: stale)
    service.subscribe(ADA, OTHER, EVENING, NOW + DAY)
    monkeypatch.undo()
    assert _found(service) == ada


# --- confirming ------------------------------------------------------------------------------


def test_confirming_makes_active_and_due(service: SubscriptionService) -> None:
    ada = _joined(service)
    assert (ada.status, ada.confirmed_at) == (SubscriberStatus.ACTIVE, NOW)
    assert (ada.next_due_at, ada.awaits_first_digest) == (NOW, True)  # the first digest


def test_pressing_twice_does_no_harm(service: SubscriptionService) -> None:
    _ask(service)
    token = _token(service)
    first = service.confirm(token, NOW).subscriber
    assert service.confirm(token, NOW + HOUR).subscriber == first


def test_pressing_twice_at_once_does_no_harm(service: SubscriptionService) -> None:
    _ask(service)
    token = _token(service)
    pressed = at_once(*[lambda: service.confirm(token, NOW).subscriber] * 4)
    assert {one.status for one in pressed} == {SubscriberStatus.ACTIVE}


def test_looking_at_the_page_confirms_nothing(service: SubscriptionService) -> None:
    _ask(service)
    assert service.pending(_token(service), NOW).status is SubscriberStatus.PENDING
    assert _found(service).status is SubscriberStatus.PENDING


def test_a_confirm_link_ages(service: SubscriptionService) -> None:
    _ask(service)
    token = _token(service)
    for step in (service.confirm, service.pending):
        with pytest.raises(TokenError) as caught:
            step(token, NOW + 72 * HOUR + timedelta(minutes=2))
        assert caught.value.aged
    assert service.confirm(token, NOW + 72 * HOUR).subscriber.status is SubscriberStatus.ACTIVE


def test_a_used_link_brings_nobody_back(service: SubscriptionService) -> None:
    _ask(service)
    token = _token(service)
    service.leave(service.confirm(token, NOW).subscriber)
    with pytest.raises(TokenError, match="already used"):
        service.confirm(token, NOW)
    _ask(service, at=NOW + DAY)
    with pytest.raises(TokenError, match="already used"):
        service.confirm(token, NOW + DAY)
    assert _found(service).status is SubscriberStatus.PENDING


def test_one_who_left_comes_back_only_by_confirming(service: SubscriptionService) -> None:
    service.leave(_joined(service))
    _ask(service, at=NOW + DAY)
    assert _found(service).status is SubscriberStatus.PENDING
    assert (
        service.confirm(_token(service, NOW + DAY), NOW + DAY).subscriber.status
        is SubscriberStatus.ACTIVE
    )


@pytest.mark.parametrize("status", [SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED])
def test_one_whom_mail_hurt_cannot_confirm(
    service: SubscriptionService, status: SubscriberStatus
) -> None:
    _ask(service)
    token = _token(service)
    service.store.subscribers.set_status(_found(service).stored_id, status, None)
    with pytest.raises(TokenError):
        service.confirm(token, NOW)


def _links(service: SubscriptionService, subscriber_id: int) -> Iterator[str]:
    links = service.links
    yield links.confirm(subscriber_id, 0, NOW)
    yield links.preferences(subscriber_id, NOW)
    yield links.unsubscribe(subscriber_id)


def test_a_token_is_good_for_one_purpose(service: SubscriptionService) -> None:
    ada = _joined(service)
    confirm, preferences, leave = (url.rpartition("/")[2] for url in _links(service, ada.stored_id))
    for token in (confirm, leave, leave[:-1], "", "x", "-", "ä-1-2", preferences + "a"):
        with pytest.raises(TokenError):
            service.owner(token, NOW)
    for token in (preferences, leave):
        with pytest.raises(TokenError):
            service.confirm(token, NOW)
    for token in (preferences, confirm):
        with pytest.raises(TokenError):
            service.leaver(token)


# --- the owner's page ------------------------------------------------------------------------


def _preferences(ada: Subscriber) -> str:
    return LINKS.preferences(ada.stored_id, NOW).rpartition("/")[2]


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
def test_who_may_see_their_preferences(
    service: SubscriptionService, status: SubscriberStatus, may: bool
) -> None:
    ada = join(service.store, status=status)
    if may:
        assert service.owner(_preferences(ada), NOW) == ada
    else:
        with pytest.raises(TokenError, match="no longer exists"):
            service.owner(_preferences(ada), NOW)


def test_preferences_of_the_erased_and_aged_links(service: SubscriptionService) -> None:
    ada = join(service.store)
    with pytest.raises(TokenError) as caught:
        service.owner(_preferences(ada), NOW + 46 * DAY)
    assert caught.value.aged
    service.store.subscribers.remove(ada.stored_id)
    with pytest.raises(TokenError, match="no longer exists"):
        service.owner(_preferences(ada), NOW)


def test_pausing_and_resuming(service: SubscriptionService) -> None:
    ada = join(service.store)
    service.pause(ada)
    assert (_found(service).status, _found(service).next_due_at) == (
        SubscriberStatus.PAUSED,
        None,
    )
    service.resume(_found(service), NOW)
    assert (_found(service).status, _found(service).next_due_at) == (
        SubscriberStatus.ACTIVE,
        NOW + DAY,
    )


def test_a_new_schedule_sets_the_next_digest(service: SubscriptionService) -> None:
    ada = join(service.store, next_due_at=NOW + HOUR)
    service.reschedule(ada, EVENING, NOW)
    assert _found(service).next_due_at == NOW + 13 * HOUR
    service.pause(ada)
    service.reschedule(ada, Schedule(hour=7), NOW)
    assert _found(service).next_due_at is None


def test_saving_ones_preferences_does_not_cancel_todays_digest(
    service: SubscriptionService,
) -> None:
    ada = join(service.store)
    service.reschedule(ada, replace(ada.schedule, weekdays=frozenset({5})), NOW + HOUR / 60)
    assert _found(service).next_due_at == NOW
    service.resume(ada, NOW + HOUR / 60)
    assert _found(service).next_due_at == NOW


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
    service: SubscriptionService, hour: int, zone: str, due: datetime
) -> None:
    ada = join(service.store)
    service.reschedule(ada, Schedule(hour=hour, timezone=zone), NOW + HOUR / 2)
    assert _found(service).next_due_at == due
    moved = plan.due_now(_found(service), max(NOW + HOUR, due), 20 * HOUR)
    assert moved.serve is not None
    assert moved.serve.date == NOW.date()


def test_a_digest_that_waits_keeps_its_date_where_it_is_tomorrow(
    service: SubscriptionService,
) -> None:
    noon = NOW + 6 * HOUR
    ada = join(service.store, schedule=Schedule(hour=12), next_due_at=noon)
    service.reschedule(ada, Schedule(hour=9, timezone="Pacific/Kiritimati"), noon + HOUR)
    moved = plan.due_now(_found(service), noon + HOUR, 20 * HOUR)
    assert moved.serve is not None
    assert moved.serve.date == NOW.date()


def test_leaving_twice_does_no_harm(service: SubscriptionService) -> None:
    ada = join(service.store)
    service.leave(ada)
    service.leave(ada)
    found = _found(service)
    assert (found.status, found.next_due_at) == (SubscriberStatus.UNSUBSCRIBED, None)


@pytest.mark.parametrize("status", [SubscriberStatus.BOUNCED, SubscriberStatus.COMPLAINED])
def test_leaving_hides_no_bounce(service: SubscriptionService, status: SubscriberStatus) -> None:
    ada = join(service.store, status=status)
    service.leave(ada)
    assert _found(service).status is status
    with pytest.raises(InputError, match="cannot be made active"):
        service.resume(ada, NOW)


def test_a_page_opened_before_leaving_cannot_pause_or_reschedule_back(
    service: SubscriptionService,
) -> None:
    stale = join(service.store)
    service.leave(stale)
    with pytest.raises(InputError, match="cannot be made paused"):
        service.pause(stale)
    service.reschedule(stale, EVENING, NOW)
    assert _found(service).next_due_at is None


def test_an_unsubscribe_link_never_ages_and_ends_with_erasure(
    service: SubscriptionService,
) -> None:
    ada = join(service.store)
    token = LINKS.unsubscribe_token(ada.stored_id)
    assert service.leaver(token) == ada
    service.store.subscribers.remove(ada.stored_id)
    assert service.leaver(token) is None


# --- profiles and the operator ---------------------------------------------------------------


def test_a_subscriber_has_so_many_profiles(service: SubscriptionService) -> None:
    ada = join(service.store)
    for n in range(MOST_PROFILES - 1):
        service.save_profile(_found(service), replace(GRAPHS, name=f"P{n}"))
    with pytest.raises(InputError, match="the limit"):
        service.save_profile(_found(service), replace(GRAPHS, name="One more"))
    assert service.save_profile(_found(service), replace(ada.profiles[0], keywords=("x",)))


def test_a_forged_profile_id_changes_nothing(service: SubscriptionService) -> None:
    ada, eve = join(service.store), join(service.store, "eve@example.net")
    with pytest.raises(NotFoundError):
        service.save_profile(eve, replace(ada.profiles[0], name="Eve's", keywords=("eve",)))
    assert _found(service) == ada


def test_the_operator_adds_one_active(service: SubscriptionService) -> None:
    added = service.add(ADA, [GRAPHS], EVENING, NOW, active=True)
    assert (added.status, added.next_due_at) == (SubscriberStatus.ACTIVE, NOW + 13 * HOUR)
    assert _letters(service) == []
    with pytest.raises(InputError, match="already"):
        service.add(ADA, [GRAPHS], EVENING, NOW, active=False)


def test_the_operator_adds_one_to_be_asked(service: SubscriptionService) -> None:
    assert service.add(ADA, [], EVENING, NOW, active=False).status is SubscriberStatus.PENDING
    assert _letters(service) == [DeliveryKind.CONFIRM]


# --- feedback --------------------------------------------------------------------------------


def test_feedback_by_link(service: SubscriptionService) -> None:
    ada = join(service.store)
    papers = arrive(service.store, 1, 2)
    (stored,) = service.store.digests.record([planned(ada, digest(ada, papers))])
    token = LINKS.feedback(stored.stored_id, 2, Verdict.MORE).split("/")[-3]
    found = paper_of_link(service.store, LINKS, token, 2)
    record_verdict(service.store, found, Verdict.MORE, NOW)
    (given,) = service.store.feedback.of([ada.stored_id])
    assert (given.paper_id, given.verdict) == (papers[1].id, Verdict.MORE)
    for position in (0, 3, -1, 10**9):
        with pytest.raises(TokenError, match="does not contain that paper"):
            paper_of_link(service.store, LINKS, token, position)


def test_feedback_on_a_digest_that_is_gone(service: SubscriptionService) -> None:
    token = LINKS.feedback(10**6, 1, Verdict.LESS).split("/")[-3]
    with pytest.raises(TokenError, match="no longer keep"):
        paper_of_link(service.store, LINKS, token, 1)
    with pytest.raises(TokenError, match="damaged"):
        paper_of_link(service.store, LINKS, "nonsense", 1)


# --- what the operator may not undo ----------------------------------------------------------


def test_only_they_themselves_bring_back_who_left(service: SubscriptionService) -> None:
    ada = _joined(service)
    service.leave(ada)
    with pytest.raises(InputError):
        service.resume(_found(service), NOW)
    service.come_back(_found(service), NOW)
    assert _found(service).status is SubscriberStatus.ACTIVE


def test_erasing_who_left_keeps_only_that_they_must_be_asked(
    service: SubscriptionService,
) -> None:
    service.leave(_joined(service))
    service.erase(_found(service), NOW)
    assert service.store.subscribers.find(ADA) is None
    with pytest.raises(InputError, match="must not be mailed"):
        service.add(ADA, [GRAPHS], EVENING, NOW, active=True)
    _ask(service, at=NOW + 2 * DAY)
    service.confirm(_token(service, NOW + 2 * DAY), NOW + 2 * DAY)
    assert service.suppressed(ADA) is None


def test_erasing_a_reader_leaves_no_trace(service: SubscriptionService) -> None:
    service.erase(_joined(service), NOW)
    assert service.suppressed(ADA) is None


def test_a_suppressed_address_is_no_new_address(service: SubscriptionService) -> None:
    bounced = join(service.store, "gone@example.net")
    service.bounce(bounced, NOW)
    with pytest.raises(InputError, match="must not be mailed"):
        service.change_email(join(service.store, ADA), "gone@example.net")
    service.lift(service.store.subscribers.by_email("gone@example.net"), NOW)
    assert service.suppressed("gone@example.net") is None


def test_asking_again_on_the_day_of_leaving_takes_nothing_away(
    service: SubscriptionService,
) -> None:
    ada = _joined(service)
    link = service.links.preferences(ada.stored_id, NOW).rpartition("/")[2]
    service.leave(ada)
    service.subscribe(ADA, OTHER, EVENING, NOW + HOUR)
    still = service.owner(link, NOW + HOUR)
    assert (still.status, still.profiles) == (SubscriberStatus.UNSUBSCRIBED, ada.profiles)
    service.subscribe(ADA, OTHER, EVENING, NOW + 2 * DAY)
    assert service.owner(link, NOW + 2 * DAY).status is SubscriberStatus.PENDING


def test_a_date_that_has_its_digest_is_not_promised_again(
    service: SubscriptionService,
) -> None:
    ada = join(service.store, next_due_at=NOW + DAY)
    had = planned(ada, digest(ada), next_due_at=NOW + DAY, was_due_at=NOW + DAY)
    service.store.digests.record([had])
    service.reschedule(_found(service), Schedule(hour=12), NOW + HOUR)
    assert _found(service).next_due_at == NOW.replace(hour=12) + DAY


def test_a_used_link_does_not_show_its_button(service: SubscriptionService) -> None:
    _ask(service)
    token = _token(service)
    service.confirm(token, NOW)
    assert service.pending(token, NOW).status is SubscriberStatus.ACTIVE
    service.leave(_found(service))
    with pytest.raises(TokenError, match="already used"):
        service.pending(token, NOW)


def test_a_suppressed_address_does_not_come_back(
    service: SubscriptionService, store: Store
) -> None:
    ada = join(store, status=SubscriberStatus.PAUSED)
    store.suppressions.add(store.salt.address_hash(ada.email), "complained", NOW)
    with pytest.raises(InputError, match="must not be mailed again"):
        service.come_back(ada, NOW)
    assert store.subscribers.by_email(ada.email).status is SubscriberStatus.PAUSED


# --- uploads, and who never asked ------------------------------------------------------------

_UPLOAD = Paper(key="library:abc", title="On my own work", abstract="Mine.")
_NAMING = replace(GRAPHS, seed_papers=(_UPLOAD.key,))


def _with_upload(service: SubscriptionService, *uploads: Paper, at: datetime = NOW) -> None:
    service.subscribe(ADA, _NAMING, Schedule(hour=6), at, uploads)


def _uploads(service: SubscriptionService, reader: Subscriber) -> list[str]:
    return [paper.key for paper in service.store.uploads.of(reader.stored_id)]


def test_an_upload_waits_for_the_confirmation(service: SubscriptionService) -> None:
    _with_upload(service, _UPLOAD)
    assert _uploads(service, _found(service)) == []
    assert _uploads(service, service.confirm(_token(service), NOW).subscriber) == [_UPLOAD.key]


def test_the_last_request_brings_its_own_upload(service: SubscriptionService) -> None:
    _with_upload(service, _UPLOAD)
    _with_upload(service, at=NOW + 2 * DAY)
    assert _uploads(service, service.confirm(_token(service), NOW + 2 * DAY).subscriber) == []


def test_uploads_go_with_their_reader(service: SubscriptionService) -> None:
    _with_upload(service, _UPLOAD)
    ada = service.confirm(_token(service), NOW).subscriber
    eve = service.add("eve@example.net", [_NAMING], EVENING, NOW, [_UPLOAD], active=True)
    service.erase(ada, NOW)
    assert (_uploads(service, ada), _uploads(service, eve)) == ([], [_UPLOAD.key])


def test_what_waits_of_one_who_left_goes_with_them(service: SubscriptionService) -> None:
    service.leave(_joined(service))
    _with_upload(service, _UPLOAD, at=NOW + 2 * DAY)
    ada = _found(service)
    assert service.store.pending_uploads.waiting(ada.stored_id)
    service.erase(ada, NOW + 2 * DAY)
    assert not service.store.pending_uploads.waiting(ada.stored_id)


def test_an_upload_by_the_operator_waits_too(service: SubscriptionService) -> None:
    bob = service.add("bob@example.net", [_NAMING], EVENING, NOW, [_UPLOAD], active=False)
    assert _uploads(service, bob) == []
    serial = service.store.subscribers.serial(bob.stored_id)
    token = service.links.confirm(bob.stored_id, serial, NOW).rpartition("/")[2]
    assert _uploads(service, service.confirm(token, NOW).subscriber) == [_UPLOAD.key]


def _never(service: SubscriptionService) -> str:
    return service.links.never(_found(service).stored_id).rpartition("/")[2]


def test_who_never_asked_is_forgotten_and_never_mailed(service: SubscriptionService) -> None:
    _with_upload(service, _UPLOAD)
    ada, token = _found(service), _never(service)
    service.refuse(token, NOW)
    service.refuse(token, NOW)  # pressed twice
    assert service.store.pending_uploads.take(ada.stored_id) == ""
    _ask(service, at=NOW + 2 * DAY)
    _ask(service, "ada+again@example.net", at=NOW + 4 * DAY)
    assert service.store.subscribers.all() == []


def test_a_reader_who_refuses_has_left(service: SubscriptionService) -> None:
    _joined(service)
    service.refuse(_never(service), NOW)
    assert _found(service).status is SubscriberStatus.UNSUBSCRIBED
    with pytest.raises(InputError, match="refused"):
        service.come_back(_found(service), NOW)


def test_a_link_to_refuse_opens_nothing_else(service: SubscriptionService) -> None:
    _joined(service)
    for read in (service.owner, service.pending):
        with pytest.raises(TokenError):
            read(_never(service), NOW)
    with pytest.raises(TokenError):
        service.refuse(_token(service), NOW)


def test_a_mailbox_is_asked_three_times_a_week_however_it_is_spelled(
    service: SubscriptionService,
) -> None:
    spellings = [f"ada+{days}@example.net" for days in range(6)]
    for days, email in enumerate(spellings):
        _ask(service, email, NOW + days * DAY)
    assert len(_letters(service, *spellings)) == 3
