"""The links of the mails: opening changes nothing, pressing does what the page says."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from web_apps import HOSTILE, Trial, link_in, path_of, trial

from digestmail.domain import Digest, Paper, SubscriberStatus, Verdict

ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


def feedback_path(web: Trial, digest: Digest, verdict: Verdict, position: int = 1) -> str:
    return path_of(web.app.links.feedback(digest.id or 0, position, verdict))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_a_link_changes_nothing(web: Trial, method: str) -> None:
    ada = web.joined()
    digest = web.digest(ada, Paper(key="test:1", title="A paper"))
    await web.subscribe(email="new@example.org")
    paths = [
        web.unsubscribe(ada),
        web.preferences(ada),
        feedback_path(web, digest, Verdict.LESS),
        link_in(web.mails[0], "confirm"),
    ]
    before = web.app.store.subscribers.all()
    answers = [await web.client.request(method, path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert web.app.store.subscribers.all() == before
    assert web.app.store.subscribers.feedback([ada.id or 0]) == []


@pytest.mark.parametrize("action", ["schedule", "profiles", "pause", "resume", "leave"])
async def test_what_changes_something_cannot_be_opened(web: Trial, action: str) -> None:
    ada = web.joined()
    for method in ("GET", "HEAD"):
        answer = await web.client.request(method, f"{web.preferences(ada)}/{action}")
        assert answer.status_code == 405
    assert web.again(ada) == ada


async def test_one_click_urlencoded(web: Trial) -> None:
    ada = web.joined()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await web.client.post(web.unsubscribe(ada), content=ONE_CLICK, headers=headers)
    assert answer.status_code == 200
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_one_click_multipart(web: Trial) -> None:
    ada = web.joined()
    body = {"List-Unsubscribe": (None, "One-Click")}
    answer = await web.post(web.unsubscribe(ada), files=body)
    assert answer.status_code == 200
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_the_page_button_offers_a_way_back(web: Trial) -> None:
    ada = web.joined()
    page = await web.post(web.unsubscribe(ada))
    undo = page.text.partition('class="button second" href="')[2].partition('"')[0]
    await web.post(f"{undo}/resume")
    assert web.again(ada).status is SubscriberStatus.ACTIVE


async def test_the_way_back_closes_after_an_hour(web: Trial) -> None:
    page = await web.post(web.unsubscribe(web.joined()))
    undo = page.text.partition('class="button second" href="')[2].partition('"')[0]
    web.clock.move(minutes=62)
    assert (await web.get(undo)).status_code == 410


async def test_who_left_already_gets_no_way_in(web: Trial) -> None:
    ada = web.joined()
    web.app.desk.leave(ada)
    for page in (await web.get(web.unsubscribe(ada)), await web.post(web.unsubscribe(ada))):
        assert page.status_code == 200
        assert "You have left" in page.text
        assert "/preferences/" not in page.text


async def test_an_erased_subscriber_is_unsubscribed(web: Trial) -> None:
    ada = web.joined()
    web.app.store.subscribers.remove(ada.id or 0)
    for page in (await web.get(web.unsubscribe(ada)), await web.post(web.unsubscribe(ada))):
        assert page.status_code == 200
        assert "You have left" in page.text


async def test_an_unsubscribe_link_never_ages(web: Trial) -> None:
    ada = web.joined()
    link = web.unsubscribe(ada)
    web.clock.move(days=3000)
    await web.post(link)
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_a_damaged_unsubscribe_link_offers_another_way(web: Trial) -> None:
    ada = web.joined()
    answer = await web.post(web.unsubscribe(ada)[:-1], {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 404
    assert "Mail me a new link" in answer.text
    assert web.again(ada) == ada


async def test_an_aged_confirm_link_offers_the_form(web: Trial) -> None:
    await web.subscribe()
    link = link_in(web.mails[0], "confirm")
    web.clock.move(hours=73)
    for page in (await web.get(link), await web.post(link)):
        assert page.status_code == 410
        assert "72 hours" in page.text
        assert "Back to the form" in page.text


async def test_a_used_confirm_link_does_not_bring_back_who_left(web: Trial) -> None:
    await web.subscribe()
    link = link_in(web.mails[0], "confirm")
    await web.post(link)
    (ada,) = web.app.store.subscribers.all()
    web.app.desk.leave(ada)
    assert (await web.post(link)).status_code == 404
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_a_forged_confirm_link_confirms_nobody(web: Trial) -> None:
    await web.subscribe()
    link = link_in(web.mails[0], "confirm")
    assert (await web.post(f"{link[:-4]}aaaa")).status_code == 404
    (ada,) = web.app.store.subscribers.all()
    assert ada.status is SubscriberStatus.PENDING


async def test_feedback_counts_and_can_be_turned_round(web: Trial) -> None:
    ada = web.joined()
    digest = web.digest(ada, Paper(key="test:1", title=f"On {HOSTILE}"))
    page = await web.get(feedback_path(web, digest, Verdict.MORE))
    assert "More like this" in page.text
    assert "<script>alert" not in page.text
    thanks = await web.post(feedback_path(web, digest, Verdict.MORE))
    (given,) = web.app.store.subscribers.feedback([ada.id or 0])
    assert given.verdict is Verdict.MORE
    await web.post(thanks.text.partition('method="post" action="')[2].partition('"')[0])
    (given,) = web.app.store.subscribers.feedback([ada.id or 0])
    assert given.verdict is Verdict.LESS


@pytest.mark.parametrize(
    "end", ["1/maybe", "2/more", "0/more", "x/more", "9" * 5000 + "/more", "1"]
)
async def test_senseless_feedback_leads_nowhere(web: Trial, end: str) -> None:
    digest = web.digest(web.joined(), Paper(key="test:1", title="A paper"))
    token = feedback_path(web, digest, Verdict.MORE).split("/")[2]
    assert (await web.get(f"/feedback/{token}/{end}")).status_code == 404
    assert (await web.post(f"/feedback/{token}/{end}")).status_code == 404


async def test_feedback_on_a_digest_that_is_gone(web: Trial) -> None:
    ada = web.joined()
    digest = web.digest(ada, Paper(key="test:1", title="A paper"))
    web.app.store.subscribers.remove(ada.id or 0)
    assert (await web.get(feedback_path(web, digest, Verdict.MORE))).status_code == 404


async def test_a_first_digest_that_is_due_comes_any_minute(web: Trial) -> None:
    ada = web.joined()
    web.clock.move(hours=2.5)
    assert "Any minute now" in (await web.get(web.preferences(ada))).text
    assert web.clock() - (ada.next_due_at or web.clock()) == timedelta(minutes=30)
