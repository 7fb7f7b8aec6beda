"""A subscriber's whole life on the pages, from the first form to leaving."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from web_apps import READER, Trial, link_in, trial

from digestmail.domain import Subscriber, SubscriberStatus


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


def status(web: Trial) -> SubscriberStatus:
    return web.app.store.subscribers.by_email(READER).status


async def arrive(web: Trial) -> tuple[Subscriber, str]:
    """Subscribe, confirm and open the preferences from the mail that asks for them."""
    await web.subscribe()
    await web.post(link_in(web.mails[0], "confirm"))
    await web.ask_for_link()
    return web.app.store.subscribers.by_email(READER), link_in(web.mails[1], "preferences")


async def test_subscribing_mails_a_link_and_opening_it_changes_nothing(web: Trial) -> None:
    answer = await web.subscribe()
    page = await web.get(link_in(web.mails[0], "confirm"))
    assert (answer.status_code, page.status_code) == (200, 200)
    assert "Check your inbox" in answer.text
    assert "Confirm subscription" in page.text
    assert status(web) is SubscriberStatus.PENDING


async def test_confirming_tells_when_the_first_digest_comes(web: Trial) -> None:
    await web.subscribe()
    page = await web.press(link_in(web.mails[0], "confirm"))
    assert status(web) is SubscriberStatus.ACTIVE
    assert "Your first digest is <strong>on its way</strong>" in page.text
    assert "/preferences/" in page.text


async def test_confirming_twice_does_no_harm(web: Trial) -> None:
    await web.subscribe()
    link = link_in(web.mails[0], "confirm")
    first, second = [await web.press(link) for _ in range(2)]
    assert [page.status_code for page in (first, second)] == [200, 200]
    assert "/preferences/" in first.text
    for page in (second, await web.get(link)):
        assert "is confirmed. There is nothing more to do" in page.text
        assert "/preferences/" not in page.text


async def test_a_confirm_link_pressed_by_many_at_once_lets_one_in(web: Trial) -> None:
    await web.subscribe()
    link = link_in(web.mails[0], "confirm")
    answers = await asyncio.gather(*[web.post(link) for _ in range(6)])
    led = [answer.headers["location"] for answer in answers]
    assert sum(path.startswith("/preferences/") for path in led) == 1
    assert led.count(link) == 5


async def test_what_was_asked_for_is_kept(web: Trial) -> None:
    await web.subscribe(categories="cs.CL q-bio.*", interests="How models think", hour="22")
    subscriber = web.app.store.subscribers.by_email(READER)
    (profile,) = subscriber.profiles
    assert profile.keywords == ("sparse autoencoder", '"chain of thought"')
    assert (profile.categories, profile.interests) == (("cs.CL", "q-bio.*"), "How models think")
    assert (subscriber.schedule.hour, subscriber.schedule.timezone) == (22, "Europe/Rome")
    assert subscriber.schedule.weekdays == {1, 2, 3, 4, 5}


async def test_a_profile_is_changed(web: Trial) -> None:
    subscriber, home = await arrive(web)
    new = {"name": "Proteins", "keywords": "protein design", "threshold": "0.1", "max_papers": "20"}
    answer = await web.post(f"{home}/profiles/{subscriber.profiles[0].id}", new)
    (profile,) = web.again(subscriber).profiles
    assert answer.status_code == 303
    assert "Saved" in (await web.get(answer.headers["location"])).text
    assert (profile.name, profile.keywords) == ("Proteins", ("protein design",))
    assert (profile.threshold, profile.max_papers) == (0.1, 20)


async def test_pausing_and_resuming(web: Trial) -> None:
    _, home = await arrive(web)
    assert (await web.post(f"{home}/pause")).status_code == 303
    assert status(web) is SubscriberStatus.PAUSED
    assert "We won’t email you until you resume" in (await web.get(home)).text
    assert (await web.post(f"{home}/resume")).status_code == 303
    assert status(web) is SubscriberStatus.ACTIVE


async def test_leaving_and_coming_back(web: Trial) -> None:
    _, home = await arrive(web)
    await web.post(f"{home}/leave")
    assert status(web) is SubscriberStatus.UNSUBSCRIBED
    assert "Subscribe again" in (await web.get(home)).text
    await web.post(f"{home}/resume")
    assert status(web) is SubscriberStatus.ACTIVE
