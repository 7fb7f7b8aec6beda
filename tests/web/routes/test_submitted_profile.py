"""Subscribing again with new words: they are offered as another profile, by email alone."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from web_apps import HOSTILE, Trial, link_in, path_of, trial

from digestmail.domain import Profile, SubscriberStatus
from digestmail.steps.daily.prune import prune
from digestmail.steps.subscribers.data_export import everything
from digestmail.steps.subscribers.submitted_profile import waiting
from digestmail.steps.subscribers.subscription import MOST_PROFILES
from digestmail.store.pending_texts import MAX_WAITING

BIBTEX = b"@misc{mine, title={On my own work}, author={Doe, Jane}, abstract={Rivers and deltas.}}"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


async def offered(web: Trial, **changed: object) -> str:
    """The path of the page that a subscriber is led to who fills in the form again."""
    await web.subscribe(**({"keywords": "sea ice"} | changed))
    assert "profile" in web.mails[-1]["Subject"]
    return path_of(link_in(web.mails[-1], "preferences"))


async def test_new_words_become_another_profile(web: Trial) -> None:
    before = web.joined()
    page = await offered(web, categories="physics.ao-ph")
    assert web.again(before) == before
    shown = (await web.get(page)).text
    assert "Keywords: sea ice" in shown
    assert "Categories: physics.ao-ph" in shown
    assert web.again(before) == before  # opening it changes nothing
    answer = await web.press(page)
    assert "Added" in answer.text
    *known, added = web.again(before).profiles
    assert tuple(known) == before.profiles
    assert (added.name, added.keywords) == ("sea ice", ("sea ice",))
    assert web.again(before).schedule == before.schedule


async def test_pressing_twice_adds_it_once(web: Trial) -> None:
    before = web.joined()
    page = await offered(web)
    await web.press(page)
    assert "Nothing to add" in (await web.press(page)).text
    assert len(web.again(before).profiles) == len(before.profiles) + 1


async def test_it_may_be_discarded(web: Trial) -> None:
    before = web.joined()
    page = await offered(web)
    assert "Nothing to add" in (await web.press(f"{page}/discard")).text
    assert web.again(before) == before
    assert "Nothing to add" in (await web.get(page)).text


async def test_the_papers_of_a_file_come_with_it(web: Trial) -> None:
    before = web.joined()
    page = await offered(web, files={"library": ("my.bib", BIBTEX)})
    assert "1 example paper" in (await web.get(page)).text
    assert not web.app.store.uploads.of(before.stored_id)
    await web.press(page)
    (paper,) = web.app.store.uploads.of(before.stored_id)
    assert paper.title == "On my own work"


async def test_an_address_alone_offers_nothing(web: Trial) -> None:
    before = web.joined()
    await web.subscribe(keywords="")
    assert "link" in web.mails[-1]["Subject"]
    assert waiting(web.app.store, before) is None


async def test_the_same_words_offer_nothing(web: Trial) -> None:
    before = web.joined()
    page = await offered(web)
    await web.press(page)
    await web.subscribe(keywords="sea ice")
    assert "link" in web.mails[-1]["Subject"]
    assert waiting(web.app.store, web.again(before)) is None


async def test_the_last_one_that_was_mailed_counts(web: Trial) -> None:
    before = web.joined()
    for keywords in ("one ice", "two ices", "three ices", "four ices"):
        web.clock.move(minutes=1)
        await web.subscribe(keywords=keywords)
    assert len(web.mails) == 3  # in a week
    submitted = waiting(web.app.store, before)
    assert submitted
    assert submitted.profile.keywords == ("three ices",)


async def test_a_name_that_is_taken_gets_a_number(web: Trial) -> None:
    before = web.joined()
    web.app.subscriptions.save_profile(before, Profile(name="sea ice", keywords=("floes",)))
    await web.press(await offered(web))
    assert [p.name for p in web.again(before).profiles][-1] == "sea ice 2"


async def test_with_all_profiles_there_is_a_clear_line(web: Trial) -> None:
    before = web.joined()
    for number in range(MOST_PROFILES - len(before.profiles)):
        profile = Profile(name=f"n{number}", keywords=(f"word{number}",))
        web.app.subscriptions.save_profile(web.again(before), profile)
    page = await offered(web)
    answer = await web.press(page)
    assert answer.status_code == 422
    assert str(MOST_PROFILES) in answer.text
    assert "Keywords: sea ice" in answer.text  # it still waits
    assert len(web.again(before).profiles) == MOST_PROFILES


async def test_it_is_forgotten_after_a_week_and_with_the_subscriber(web: Trial) -> None:
    before = web.joined()
    await offered(web)
    prune(web.app.store, web.clock() + timedelta(days=6))
    assert waiting(web.app.store, before)
    prune(web.app.store, web.clock() + timedelta(days=8))
    assert waiting(web.app.store, before) is None
    await web.subscribe(keywords="sea ice")
    assert waiting(web.app.store, before)
    web.app.subscriptions.erase(before, web.clock())
    assert web.app.store.pending_profiles.waiting(before.stored_id) == ""


async def test_it_is_in_the_data_export(web: Trial) -> None:
    before = web.joined()
    assert everything(web.app.store, before, web.clock())["submitted"] is None
    await offered(web)
    export = everything(web.app.store, before, web.clock())
    assert json.loads(json.dumps(export))["submitted"]["keywords"] == ["sea ice"]


async def test_few_wait_at_a_time(web: Trial) -> None:
    texts = web.app.store.pending_profiles
    for number in range(MAX_WAITING + 5):
        texts.keep(number, "{}", web.clock() + timedelta(seconds=number))
    assert [number for number in range(MAX_WAITING + 5) if not texts.waiting(number)] == [*range(5)]


async def test_nobody_learns_who_is_subscribed(web: Trial) -> None:
    web.joined()
    known = await web.subscribe(keywords="sea ice")
    unknown = await web.subscribe(keywords="sea ice", email="eve@example.org")
    assert known.text == unknown.text.replace("e…@example.org", "a…@example.org")


async def test_one_who_left_is_asked_to_confirm_instead(web: Trial) -> None:
    before = web.joined()
    web.app.subscriptions.leave(before)
    await web.subscribe(keywords="sea ice")
    assert web.again(before).status is SubscriberStatus.PENDING
    assert waiting(web.app.store, before) is None


async def test_hostile_words_are_escaped(web: Trial) -> None:
    web.joined()
    page = await offered(web, interests=HOSTILE)
    assert HOSTILE not in (await web.get(page)).text


async def test_one_who_pauses_is_offered_it_too(web: Trial) -> None:
    before = web.joined()
    web.app.subscriptions.pause(before)
    await web.press(await offered(web))
    after = web.again(before)
    assert after.status is SubscriberStatus.PAUSED
    assert after.schedule == before.schedule
    assert len(after.profiles) == 2
