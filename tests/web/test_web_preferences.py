"""One's own page: every form on it, whose profiles it may touch, and what it tells."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from web_apps import HOSTILE, READER, Trial, trial

from digestmail.domain import Paper, Profile, Schedule, SkipReason, SubscriberStatus
from digestmail.web.forms import profile_texts

PAPER = Paper(key="test:1", title="Sparse autoencoders", url="https://arxiv.org/abs/2611.1")


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


async def test_the_schedule_is_changed(web: Trial) -> None:
    ada = web.joined()
    new = {"hour": "18", "timezone": "asia/tokyo", "weekdays": ["1", "3"]}
    answer = await web.post(f"{web.preferences(ada)}/schedule", new)
    page = await web.get(answer.headers["location"])
    wanted = Schedule(hour=18, timezone="Asia/Tokyo", weekdays=frozenset({1, 3}))
    assert web.again(ada).schedule == wanted
    assert "Monday, 23 November 2026, at 18:00 (Asia/Tokyo)" in page.text


async def test_a_wrong_schedule_is_told_and_nothing_changes(web: Trial) -> None:
    ada = web.joined()
    answer = await web.post(f"{web.preferences(ada)}/schedule", {"hour": "24", "timezone": "Oz"})
    assert answer.status_code == 422
    for field in ("hour", "timezone", "weekdays"):
        assert f'id="schedule-{field}-problem"' in answer.text
    assert 'value="Oz"' in answer.text
    assert web.again(ada) == ada


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
    assert "Name at least one keyword" in answer.text
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


@pytest.mark.parametrize("action", ["", "/delete"])
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
    assert "Mail me a new link" in page.text
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
    web.app.store.subscribers.remove(ada.id or 0)
    assert (await web.get(web.preferences(ada))).status_code == 404


async def test_pausing_after_leaving_is_refused_politely(web: Trial) -> None:
    ada = web.joined()
    web.app.desk.leave(ada)
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


async def test_a_paper_with_a_hostile_address_is_no_link(web: Trial) -> None:
    ada = web.joined()
    web.digest(ada, replace(PAPER, url="javascript:alert(1)"))
    assert "javascript:" not in (await web.get(web.preferences(ada))).text


async def test_an_unknown_notice_says_nothing(web: Trial) -> None:
    page = await web.get(f"{web.preferences(web.joined())}?saved={HOSTILE}")
    assert page.status_code == 200
    assert 'role="status"' not in page.text
