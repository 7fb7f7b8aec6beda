"""One's own page: every form on it, whose profiles it may touch, and what it tells."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from web_apps import HOSTILE, READER, Trial, trial

from digestmail.domain import (
    DeliveryState,
    Paper,
    Profile,
    Schedule,
    SkipReason,
    SubscriberStatus,
)
from digestmail.web.shared.profile_form import profile_texts
from digestmail.web.views.digest_lines import digest_line
from digestmail.web.views.pages import Pages

PAPER = Paper(key="test:1", title="Sparse autoencoders", url="https://arxiv.org/abs/2611.1")


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


def ticked(page: str) -> list[str]:
    """The names of the boxes and radio buttons that are ticked, in order."""
    return re.findall(r'<input[^>]* name="(\w+)"[^>]* checked>', page)


async def test_the_schedule_is_changed(web: Trial) -> None:
    ada = web.joined()
    new = {"hour": "18", "timezone": "asia/tokyo", "weekdays": ["1", "3"]}
    answer = await web.post(f"{web.preferences(ada)}/schedule", new)
    page = await web.get(answer.headers["location"])
    wanted = Schedule(hour=18, timezone="Asia/Tokyo", weekdays=frozenset({1, 3}))
    assert web.again(ada).schedule == wanted
    assert "Monday, 23 November 2026, at 18:00 (Asia/Tokyo)" in page.text


async def test_an_international_domain_is_shown_as_its_owner_writes_it(web: Trial) -> None:
    ada = web.joined("ada@xn--gre-6ka8i.example.org")
    assert "ada@größe.example.org" in (await web.get(web.preferences(ada))).text


async def test_a_wrong_schedule_is_told_and_nothing_changes(web: Trial) -> None:
    ada = web.joined()
    answer = await web.post(f"{web.preferences(ada)}/schedule", {"hour": "24", "timezone": "Oz"})
    assert answer.status_code == 422
    for field in ("hour", "timezone", "weekdays"):
        assert f'id="schedule-{field}-problem"' in answer.text
    assert 'value="Oz"' in answer.text
    assert web.again(ada) == ada


async def test_quiet_and_late_days_are_chosen_and_shown(web: Trial) -> None:
    ada = web.joined()
    new = {"weekdays": "1", "wait_hours": "11", "send_empty": "yes"}
    await web.post(f"{web.preferences(ada)}/schedule", new)
    page = (await web.get(web.preferences(ada))).text
    assert web.again(ada).schedule == Schedule(
        weekdays=frozenset({1}), wait_hours=11, send_empty=True
    )
    assert '<option value="11" selected>Wait up to 11 hours' in page
    assert "send_empty" in ticked(page)


async def test_a_box_left_out_means_no_and_a_wait_left_out_stays(web: Trial) -> None:
    ada = web.joined()
    asked = replace(ada.schedule, wait_hours=0, send_empty=True)
    web.app.subscriptions.reschedule(ada, asked, web.clock())
    await web.post(f"{web.preferences(ada)}/schedule", {"weekdays": "1-7"})
    assert web.again(ada).schedule == Schedule(wait_hours=0)


@pytest.mark.parametrize(("field", "value"), [("wait_hours", "12"), ("send_empty", "maybe")])
async def test_a_wrong_answer_on_late_days_is_told(web: Trial, field: str, value: str) -> None:
    ada = web.joined()
    answer = await web.post(
        f"{web.preferences(ada)}/schedule", {"weekdays": "1", "hour": "9", field: value}
    )
    assert answer.status_code == 422
    assert f'id="schedule-{field}-problem"' in answer.text
    assert '<option value="9" selected>' in answer.text
    assert web.again(ada) == ada


async def test_a_tick_is_kept_beside_a_problem(web: Trial) -> None:
    ada = web.joined()
    wrong = {"weekdays": "1", "hour": "24", "send_empty": "yes"}
    with_it = await web.post(f"{web.preferences(ada)}/schedule", wrong)
    without = await web.post(f"{web.preferences(ada)}/schedule", wrong | {"send_empty": []})
    assert "send_empty" in ticked(with_it.text)
    assert "send_empty" not in ticked(without.text)


async def test_a_profile_is_added_and_deleted(web: Trial) -> None:
    ada = web.joined()
    home = web.preferences(ada)
    await web.post(f"{home}/profiles", {"name": "Second", "categories": "hep-th"})
    first, second = web.again(ada).profiles
    assert (second.name, second.categories) == ("Second", ("hep-th",))
    answer = await web.post(f"{home}/profiles/{first.id}/delete")
    assert answer.status_code == 303
    assert web.again(ada).profiles == (second,)


async def test_the_last_profile_stays(web: Trial) -> None:
    ada = web.joined()
    answer = await web.post(f"{web.preferences(ada)}/profiles/{ada.profiles[0].id}/delete")
    assert answer.status_code == 422
    assert "your only profile" in answer.text
    assert web.again(ada) == ada
    assert "Delete" not in (await web.get(web.preferences(ada))).text


async def test_what_the_form_shows_saves_to_the_same_profile(web: Trial) -> None:
    full = Profile(
        keywords=("graph", '"a, b; c"'),
        excluded_keywords=("survey",),
        interests="How things hold together",
        categories=("cs.CL", "q-bio.*"),
        excluded_categories=("cs.CR",),
        authors=("Doe, Jane", "Lise Meitner"),
        seed_papers=("arxiv:2508.13426", "doi:10.1000/x1"),
        threshold=0.35,
        max_papers=7,
    )
    ada = web.joined(**{name: getattr(full, name) for name in full.__slots__ if "id" not in name})
    await web.post(f"{web.preferences(ada)}/profiles/{ada.profiles[0].id}", profile_texts(full))
    assert web.again(ada).profiles == ada.profiles


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 61),
        ("keywords", "x" * 10_000),
        ("max_papers", "0"),
        ("max_papers", "51"),
        ("threshold", "2"),
        ("threshold", "nan"),
        ("excluded_categories", "?"),
        ("seed_papers", "?"),
    ],
)
async def test_a_wrong_value_is_told_in_its_own_form(web: Trial, field: str, value: str) -> None:
    ada = web.joined()
    profile_id = ada.profiles[0].id
    answer = await web.post(f"{web.preferences(ada)}/profiles/{profile_id}", {field: value})
    assert answer.status_code == 422
    assert f'id="profile-{profile_id}-{field}-problem"' in answer.text
    assert answer.text.count("aria-invalid") == 1
    assert web.again(ada) == ada


async def test_an_empty_profile_is_refused(web: Trial) -> None:
    ada = web.joined()
    answer = await web.post(f"{web.preferences(ada)}/profiles", {"name": "Nothing"})
    assert "Enter at least one keyword" in answer.text
    assert len(web.again(ada).profiles) == 1


async def test_two_profiles_cannot_have_one_name(web: Trial) -> None:
    ada = web.joined(name="Mine")
    answer = await web.post(f"{web.preferences(ada)}/profiles", {"name": "Mine", "keywords": "x"})
    assert answer.status_code == 422
    assert 'id="profile-new-name-problem"' in answer.text


async def test_there_is_a_most_of_profiles(web: Trial) -> None:
    ada = web.joined()
    home = web.preferences(ada)
    for number in range(20):
        answer = await web.post(f"{home}/profiles", {"name": f"P{number}", "keywords": "x"})
    assert answer.status_code == 422
    assert len(web.again(ada).profiles) == 20


@pytest.mark.parametrize("action", ["", "/delete", "/preview"])
async def test_the_profiles_of_others_are_out_of_reach(web: Trial, action: str) -> None:
    ada, eve = web.joined(), web.joined("eve@example.org")
    theirs = f"/profiles/{ada.profiles[0].id}{action}"
    answer = await web.post(web.preferences(eve) + theirs, {"name": "Taken", "keywords": "x"})
    assert answer.status_code == 404
    assert web.again(ada) == ada


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 5000])
async def test_a_senseless_profile_id_leads_nowhere(web: Trial, number: str) -> None:
    ada = web.joined()
    answer = await web.post(f"{web.preferences(ada)}/profiles/{number}", {"keywords": "x"})
    assert answer.status_code == 404


async def test_an_aged_link_offers_a_new_one(web: Trial) -> None:
    ada = web.joined()
    old = web.preferences(ada)
    web.clock.move(days=46)
    page = await web.get(old)
    assert page.status_code == 410
    assert "Email me a new link" in page.text
    assert READER not in page.text
    assert (await web.post(f"{old}/leave")).status_code == 410
    assert web.again(ada).status is SubscriberStatus.ACTIVE


async def test_a_forged_link_opens_nothing(web: Trial) -> None:
    ada, eve = web.joined(), web.joined("eve@example.org")
    token = web.preferences(ada)
    head, _, mac = token.rpartition("-")
    forged = web.preferences(eve).rpartition("-")[0] + "-" + mac
    for path in (
        forged,
        f"{head}-aaaa",
        token[:-1],
        "/preferences/%00",
        "/preferences/" + "x" * 5000,
    ):
        assert (await web.get(path)).status_code == 404


async def test_links_of_another_purpose_open_nothing(web: Trial) -> None:
    ada = web.joined()
    token = web.unsubscribe(ada).rpartition("/")[2]
    assert (await web.get(f"/preferences/{token}")).status_code == 404


async def test_an_erased_subscriber_is_not_here(web: Trial) -> None:
    ada = web.joined()
    web.app.store.subscribers.remove(ada.stored_id)
    assert (await web.get(web.preferences(ada))).status_code == 404


async def test_pausing_after_leaving_is_refused_politely(web: Trial) -> None:
    ada = web.joined()
    web.app.subscriptions.leave(ada)
    answer = await web.post(f"{web.preferences(ada)}/pause")
    assert answer.status_code == 409
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_past_digests_are_listed_with_their_fate(web: Trial) -> None:
    ada = web.joined()
    web.digest(ada, replace(PAPER, title=f"Great {HOSTILE}"))
    web.clock.move(days=1)
    web.digest(ada, skip=SkipReason.BELOW_THRESHOLD)
    page = (await web.get(web.preferences(ada))).text
    assert "1 paper, on its way" in page
    assert "nothing close enough" in page
    assert "matches sparse autoencoder" in page
    assert 'href="https://arxiv.org/abs/2611.1"' in page
    assert "<script>alert" not in page


async def test_a_note_tells_why_nothing_came_or_what_is_missing(web: Trial) -> None:
    ada = web.joined()
    web.digest(ada, PAPER, note="arXiv’s papers were not here yet.")
    web.clock.move(days=1)
    web.digest(ada, skip=SkipReason.QUIET_DAY, note=f"arXiv rests today. {HOSTILE}")
    page = (await web.get(web.preferences(ada))).text
    assert "arXiv’s papers were not here yet." in page
    assert "a day without announcements" in page
    assert "arXiv rests today." in page
    assert "<script>alert" not in page
    assert page.count('class="quiet small note"') == 2


@pytest.mark.parametrize("why", SkipReason)
async def test_every_skipped_digest_has_its_words(web: Trial, why: SkipReason) -> None:
    digest = web.digest(web.joined(), skip=why)
    line = digest_line(digest, None, web.app.links, Pages(web.app))
    assert line.outcome
    assert "mail" not in line.outcome
    assert (line.note, line.papers) == ("", [])


@pytest.mark.parametrize("state", DeliveryState)
async def test_a_skipped_digest_with_a_short_mail_tells_both(
    web: Trial, state: DeliveryState
) -> None:
    full, empty = web.digest(ada := web.joined(), PAPER), SkipReason.NO_PAPERS
    delivery = replace(
        web.app.store.ledger.of_digests([full.stored_id])[full.stored_id], state=state
    )
    line = digest_line(replace(full, skip=empty), delivery, web.app.links, Pages(web.app))
    plain = digest_line(full, delivery, web.app.links, Pages(web.app))
    assert delivery.subscriber_id == ada.id
    assert line.outcome == f"no new papers; short email {plain.outcome}"


async def test_a_short_mail_is_listed(web: Trial) -> None:
    ada = web.joined()
    web.app.subscriptions.reschedule(ada, replace(ada.schedule, send_empty=True), web.clock())
    web.digest(web.again(ada), skip=SkipReason.QUIET_DAY)
    page = (await web.get(web.preferences(ada))).text
    assert "a day without announcements; short email on its way" in page


async def test_a_paper_with_a_hostile_address_is_no_link(web: Trial) -> None:
    ada = web.joined()
    web.digest(ada, replace(PAPER, url="javascript:alert(1)"))
    assert "javascript:" not in (await web.get(web.preferences(ada))).text


async def test_an_unknown_notice_says_nothing(web: Trial) -> None:
    page = await web.get(f"{web.preferences(web.joined())}?saved={HOSTILE}")
    assert page.status_code == 200
    assert 'role="status"' not in page.text


# --- weekly, a pause until a date, hindsight ---------------------------------------------------


async def test_the_digest_is_made_weekly_and_daily_again(web: Trial) -> None:
    ada = web.joined()
    home = web.preferences(ada)
    boxes = {"weekdays": [str(day) for day in range(1, 8)], "weekday": "3", "wait_hours": "3"}
    answer = await web.post(f"{home}/schedule", boxes | {"rhythm": "weekly"})
    page = (await web.get(answer.headers["location"])).text
    assert web.again(ada).schedule.weekdays == frozenset({3})
    assert "Wednesday, 25 November 2026, at 07:00 (UTC)" in page
    assert '<option value="3" selected>Wednesday' in page
    assert page.count('value="weekly" checked') == 1
    assert ticked(page).count("weekdays") == 7  # what a switch to daily would mean
    await web.post(f"{home}/schedule", boxes | {"rhythm": "daily"})
    assert web.again(ada).schedule == Schedule()


async def test_a_weekly_mail_needs_its_day(web: Trial) -> None:
    ada = web.joined()
    wrong = {"rhythm": "weekly", "weekday": "", "weekdays": "1-7"}
    answer = await web.post(f"{web.preferences(ada)}/schedule", wrong)
    assert answer.status_code == 422
    assert 'id="schedule-weekdays-problem"' in answer.text
    assert 'value="weekly" checked' in answer.text
    assert web.again(ada) == ada


@pytest.mark.parametrize(
    ("asked", "until", "told"),
    [
        ({"until": "two-weeks"}, date(2026, 12, 4), "on Friday, 4 December 2026"),
        ({"until": "date", "date": "2027-01-07"}, date(2027, 1, 7), "on Thursday, 7 January"),
        ({"until": "open"}, None, "We won’t email you until you resume."),
        ({}, None, "We won’t email you until you resume."),
    ],
)
async def test_a_pause_lasts_as_long_as_asked(
    web: Trial, asked: dict[str, str], until: date | None, told: str
) -> None:
    ada = web.joined()
    answer = await web.post(f"{web.preferences(ada)}/pause", asked)
    page = (await web.get(answer.headers["location"])).text
    assert web.again(ada).status is SubscriberStatus.PAUSED
    assert web.again(ada).resume_on == until
    assert told in page


async def test_a_wrong_end_of_a_pause_is_told(web: Trial) -> None:
    ada = web.joined()
    wrong = {"until": "date", "date": "2026-11-20"}
    answer = await web.post(f"{web.preferences(ada)}/pause", wrong)
    assert answer.status_code == 422
    assert 'id="pause-date-problem"' in answer.text
    assert 'value="2026-11-20"' in answer.text
    assert 'value="date" checked' in answer.text
    assert web.again(ada) == ada


async def test_resuming_early_ends_the_pause_for_good(web: Trial) -> None:
    ada = web.joined()
    await web.post(f"{web.preferences(ada)}/pause", {"until": "week"})
    await web.post(f"{web.preferences(ada)}/resume")
    assert web.again(ada) == ada


async def test_a_pause_ends_with_the_days_digests(web: Trial) -> None:
    ada = web.joined()
    await web.post(f"{web.preferences(ada)}/pause", {"until": "week"})
    web.clock.move(days=7, hours=1)
    web.app.prepare()
    resumed = web.again(ada)
    assert (resumed.status, resumed.resume_on) == (SubscriberStatus.ACTIVE, None)
    assert resumed.next_due_at == datetime(2026, 11, 27, 7, tzinfo=UTC)


async def test_each_threshold_tells_what_it_would_have_meant(web: Trial) -> None:
    ada = web.joined(max_papers=3)
    papers = [replace(PAPER, key=f"test:{n}", title=f"Sparse autoencoders {n}") for n in range(5)]
    web.app.store.papers.add(papers, web.clock() - timedelta(hours=1))
    web.app.previews.ready()
    daily = (await web.get(web.preferences(ada))).text
    web.app.subscriptions.reschedule(ada, Schedule(weekdays=frozenset({5})), web.clock())
    weekly = (await web.get(web.preferences(ada))).text
    assert "Balanced – about 3 a day</option>" in daily
    assert "Balanced – 3 papers</option>" in weekly


async def test_without_papers_a_threshold_promises_nothing(web: Trial) -> None:
    page = (await web.get(web.preferences(web.joined()))).text
    assert ">Balanced</option>" in page
    assert "last week" not in page


async def test_a_profile_learns_from_a_file_of_ones_papers(web: Trial) -> None:
    ada = web.joined(seed_papers=("arxiv:2508.13426",))
    path = f"{web.preferences(ada)}/profiles/{ada.profiles[0].id}"
    bib = b"@article{x, title={On ice}, doi={10.1000/ice}, author={Lise Meitner}}"
    fields = {"name": "Ice", "keywords": "ice", "seed_papers": "2508.13426"}
    answer = await web.post(path, fields, files={"library": ("mine.bib", bib)})
    assert answer.status_code == 303
    assert web.again(ada).profiles[0].seed_papers == ("arxiv:2508.13426", "doi:10.1000/ice")
    assert [paper.title for paper in web.app.store.uploads.of(ada.stored_id)] == ["On ice"]
    await web.post(path, {"name": "Ice", "keywords": "ice", "seed_papers": ""})
    assert web.app.store.uploads.of(ada.stored_id) == []


async def test_a_title_nobody_knows_is_told(web: Trial) -> None:
    ada = web.joined()
    path = f"{web.preferences(ada)}/profiles/{ada.profiles[0].id}"
    answer = await web.post(path, {"seed_papers": "A paper of nowhere"})
    assert answer.status_code == 422
    assert f'id="profile-{ada.profiles[0].id}-seed_papers-problem"' in answer.text
    assert "A paper of nowhere</textarea>" in answer.text
    assert web.again(ada) == ada


# --- two windows -------------------------------------------------------------------------------


def hidden(page: str) -> list[str]:
    """What the forms of one's own page were filled with: profiles, a new one, the schedule."""
    return re.findall(r'name="seen" value="([^"]+)"', page)


async def test_a_profile_that_was_changed_in_another_window_is_told(web: Trial) -> None:
    ada = web.joined()
    home, save = web.preferences(ada), f"{web.preferences(ada)}/profiles/{ada.profiles[0].id}"
    seen = hidden((await web.get(home)).text)[0]
    form = {"name": "Mine", "keywords": "first", "seen": seen}
    assert (await web.post(save, form)).status_code == 303
    late = await web.post(save, form | {"keywords": "second"})
    assert late.status_code == 422
    assert "This was changed in another window" in late.text
    assert web.again(ada).profiles[0].keywords == ("first",)
    assert "second</textarea>" in late.text
    form = {"name": "Mine", "keywords": "second", "seen": hidden(late.text)[0]}
    assert (await web.post(save, form)).status_code == 303
    assert web.again(ada).profiles[0].keywords == ("second",)


async def test_a_schedule_that_was_changed_in_another_window_is_told(web: Trial) -> None:
    ada = web.joined()
    home, save = web.preferences(ada), f"{web.preferences(ada)}/schedule"
    seen = hidden((await web.get(home)).text)[-1]
    form = {"hour": "9", "timezone": "UTC", "weekdays": "1", "seen": seen}
    assert (await web.post(save, form)).status_code == 303
    late = await web.post(save, form | {"hour": "10"})
    assert late.status_code == 422
    assert "This was changed in another window" in late.text
    assert web.again(ada).schedule.hour == 9
    form |= {"hour": "10", "seen": hidden(late.text)[-1]}
    assert (await web.post(save, form)).status_code == 303
    assert web.again(ada).schedule.hour == 10


async def test_another_profile_changed_meanwhile_is_no_trouble(web: Trial) -> None:
    ada = web.joined()
    home, first = web.preferences(ada), ada.profiles[0].id
    seen = hidden((await web.get(home)).text)
    other = {"name": "Other", "keywords": "ice", "seen": seen[1]}
    assert (await web.post(f"{home}/profiles", other)).status_code == 303
    changed = {"name": "Mine", "keywords": "first", "seen": seen[0]}
    assert (await web.post(f"{home}/profiles/{first}", changed)).status_code == 303
