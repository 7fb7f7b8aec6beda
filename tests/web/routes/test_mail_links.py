"""The links of the mails: opening changes nothing, pressing does what the page says."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from time import process_time

import pytest
from web_apps import HOSTILE, READER, Trial, link_in, path_of, trial

from digestmail.domain import (
    Digest,
    DigestItem,
    Paper,
    Reason,
    ReasonKind,
    SubscriberStatus,
    Verdict,
)
from digestmail.render.locale import ENGLISH
from digestmail.web.views.reasons import reason_lines

ONE_CLICK = "List-Unsubscribe=One-Click"
ONE_CLICK_FORM = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


def save_path(web: Trial, digest: Digest) -> str:
    return path_of(web.app.links.save(digest.stored_id, 1))


def why_path(web: Trial, digest: Digest) -> str:
    return save_path(web, digest).replace("/save/", "/why/")


def buttons(page: str) -> list[str]:
    """Where the buttons of a page post to."""
    return re.findall(r'method="post" action="([^"]+)"', page)


def feedback_path(web: Trial, digest: Digest, verdict: Verdict, position: int = 1) -> str:
    return path_of(web.app.links.feedback(digest.stored_id, position, verdict))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_a_link_changes_nothing(web: Trial, method: str) -> None:
    ada = web.joined()
    digest = web.digest(ada, Paper(key="test:1", title="A paper"))
    await web.subscribe(email="new@example.org")
    paths = [
        web.unsubscribe(ada),
        web.preferences(ada),
        feedback_path(web, digest, Verdict.LESS),
        save_path(web, digest),
        why_path(web, digest),
        link_in(web.mails[0], "confirm"),
    ]
    before = web.app.store.subscribers.all()
    answers = [await web.client.request(method, path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert web.app.store.subscribers.all() == before
    assert web.app.store.feedback.of([ada.stored_id]) == []
    assert web.app.store.saved.count(ada.stored_id) == 0


async def test_a_scanner_that_opens_every_link_of_a_mail_changes_nothing(web: Trial) -> None:
    ada = web.joined()
    papers = [Paper(key=f"test:{at}", title=f"Paper {at}") for at in range(1, 9)]
    mail = web.app.composer.digest(ada.recipient, web.digest(ada, *papers), web.clock())
    links = set(re.findall(r'href="https?://digest\.test(/?[^"#]*)', mail.html))
    assert len(links) == 4 * 8 + 7
    before = web.app.store.subscribers.all()
    for method, link in product(("HEAD", "GET"), sorted(links)):
        assert (await web.client.request(method, link)).status_code == 200, link
    assert web.app.store.subscribers.all() == before
    assert web.app.store.feedback.of([ada.stored_id]) == []
    assert web.app.store.saved.count(ada.stored_id) == 0


@pytest.mark.parametrize("action", ["schedule", "profiles", "pause", "resume", "leave"])
async def test_what_changes_something_cannot_be_opened(web: Trial, action: str) -> None:
    ada = web.joined()
    for method in ("GET", "HEAD"):
        answer = await web.client.request(method, f"{web.preferences(ada)}/{action}")
        assert answer.status_code == 405
    assert web.again(ada) == ada


@pytest.mark.parametrize("piece", ["=", "=20", "/", "%3E", "&gt;"])
async def test_no_address_of_a_link_takes_long_to_mend(web: Trial, piece: str) -> None:
    start = process_time()
    answer = await web.client.get(f"/feedback/{piece * (60_000 // len(piece))}a/1/more")
    assert answer.status_code == 404
    assert process_time() - start < 1


@pytest.mark.parametrize(
    "end", [".", "/", "%3E", ")", "=", "=3D", "=20", "=0D=0A", "%E2%80%9D.", "&gt;"]
)
async def test_what_mail_programs_add_to_links_is_forgiven(web: Trial, end: str) -> None:
    ada = web.joined()
    digest = web.digest(ada, Paper(key="test:1", title="A paper"))
    await web.subscribe(email="new@example.org")
    feed = web.app.links.feed(ada.profiles[0].stored_id, 0)
    paths = [
        web.unsubscribe(ada),
        web.preferences(ada),
        feedback_path(web, digest, Verdict.LESS),
        save_path(web, digest),
        why_path(web, digest),
        path_of(web.app.links.digest(digest.stored_id)),
        path_of(f"{feed}.atom"),
        link_in(web.mails[0], "confirm"),
        link_in(web.mails[0], "never"),
        "/help",
    ]
    for path in paths:
        assert (await web.get(path + end)).status_code == 200, path + end
    await web.post(feedback_path(web, digest, Verdict.LESS) + end)
    assert len(web.app.store.feedback.of([ada.stored_id])) == 1
    await web.post(web.unsubscribe(ada) + end)
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_a_broken_line_within_a_link_is_forgiven(web: Trial) -> None:
    path = web.preferences(web.joined())
    for break_ in ("=%0D%0A", "%20", "%0A", "="):
        assert (await web.get(f"{path[:30]}{break_}{path[30:]}")).status_code == 200


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


def way_back(page: str) -> str:
    """Where the button of a page leads that undoes leaving."""
    (path,) = [path for path in buttons(page) if path.startswith("/return/")]
    return path


async def test_the_page_names_whose_subscription_ends(web: Trial) -> None:
    page = (await web.get(web.unsubscribe(web.joined()))).text
    assert "a…@example.org" in page
    assert READER not in page


async def test_the_page_button_offers_a_way_back_and_nothing_else(web: Trial) -> None:
    ada = web.joined()
    page = await web.press(web.unsubscribe(ada))
    assert "/preferences/" not in page.text
    assert "/feed/" not in page.text
    back = await web.press(way_back(page.text))
    assert "Welcome back" in back.text
    assert "/preferences/" not in back.text
    assert web.again(ada).status is SubscriberStatus.ACTIVE


async def test_the_way_back_of_a_page_closes_after_an_hour(web: Trial) -> None:
    ada = web.joined()
    page = await web.press(web.unsubscribe(ada))
    web.clock.move(minutes=62)
    assert (await web.post(way_back(page.text))).status_code == 410
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_a_way_back_is_taken_once(web: Trial) -> None:
    ada = web.joined()
    path = way_back((await web.press(web.unsubscribe(ada))).text)
    for _ in range(2):
        assert "Welcome back" in (await web.press(path)).text
    await web.press(web.unsubscribe(ada))  # by the reader, a moment later
    page = await web.press(path)
    assert "You’re unsubscribed" in page.text
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_the_way_back_is_no_other_link(web: Trial) -> None:
    page = await web.press(web.unsubscribe(web.joined()))
    token = way_back(page.text).rpartition("/")[2]
    for kind in ("preferences", "confirm", "unsubscribe", "digest", "never"):
        assert (await web.get(f"/{kind}/{token}")).status_code == 404


@pytest.mark.parametrize("data", [None, ONE_CLICK_FORM])
async def test_the_reader_is_told_by_mail_and_may_come_back(web: Trial, data: object) -> None:
    ada = web.joined()
    await web.post(web.unsubscribe(ada), data)
    (mail,) = web.mails
    assert mail["Subject"] == "You’re unsubscribed from Paper Post"
    web.clock.move(days=20)
    await web.press(link_in(mail, "return"))
    assert web.again(ada).status is SubscriberStatus.ACTIVE


async def test_nobody_is_pestered_by_leaving_again_and_again(web: Trial) -> None:
    ada = web.joined()
    for _ in range(6):
        await web.press(way_back((await web.press(web.unsubscribe(ada))).text))
        web.clock.move(hours=1)
    assert len(web.mails) == 2


async def test_who_leaves_on_their_own_page_is_told_too(web: Trial) -> None:
    ada = web.joined()
    await web.post(f"{web.preferences(ada)}/leave")
    assert len(web.mails) == 1


@pytest.mark.parametrize("back", ["page", "mail", "preferences", "confirm"])
async def test_a_link_to_leave_ends_no_later_subscription(web: Trial, back: str) -> None:
    ada = web.joined()
    old = web.unsubscribe(ada)
    page = await web.press(old)
    if back == "page":
        await web.press(way_back(page.text))
    elif back == "mail":
        await web.press(link_in(web.mails[0], "return"))
    elif back == "preferences":
        await web.press(f"{web.preferences(ada)}/resume")
    else:
        await web.subscribe()
        await web.press(link_in(web.mails[-1], "confirm"))
    assert web.again(ada).status is SubscriberStatus.ACTIVE
    for answer in (await web.get(old), await web.post(old), await web.post(old, ONE_CLICK_FORM)):
        assert answer.status_code == 410
        assert "You subscribed again after this link" in answer.text
    assert web.again(ada).status is SubscriberStatus.ACTIVE
    await web.post(web.unsubscribe(ada))
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_a_pause_ends_no_link(web: Trial) -> None:
    ada = web.joined()
    link = web.unsubscribe(ada)
    web.app.subscriptions.pause(ada)
    web.app.subscriptions.come_back(web.again(ada), web.clock())
    await web.post(link)
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED


async def test_who_left_already_gets_no_way_in(web: Trial) -> None:
    ada = web.joined()
    web.app.subscriptions.leave(ada)
    for page in (await web.get(web.unsubscribe(ada)), await web.press(web.unsubscribe(ada))):
        assert page.status_code == 200
        assert "You’re unsubscribed" in page.text
        assert "/preferences/" not in page.text
        assert "/return/" not in page.text


async def test_an_erased_subscriber_is_unsubscribed(web: Trial) -> None:
    ada = web.joined()
    link = web.unsubscribe(ada)
    web.app.store.subscribers.remove(ada.stored_id)
    for page in (await web.get(link), await web.press(link), await web.post(link, ONE_CLICK_FORM)):
        assert page.status_code == 200
        assert "You’re unsubscribed" in page.text


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
    assert "Email me a new link" in answer.text
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
    web.app.subscriptions.leave(ada)
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
    thanks = await web.press(feedback_path(web, digest, Verdict.MORE))
    (given,) = web.app.store.feedback.of([ada.stored_id])
    assert given.verdict is Verdict.MORE
    assert "You’ll get more like this" in thanks.text
    less = feedback_path(web, digest, Verdict.LESS)
    assert less in buttons(thanks.text)
    assert 'name="turns_round"' in thanks.text
    await web.press(less, {"turns_round": "yes"})
    (given,) = web.app.store.feedback.of([ada.stored_id])
    assert given.verdict is Verdict.LESS


async def test_feedback_is_undone(web: Trial) -> None:
    ada = web.joined()
    digest = web.digest(ada, Paper(key="test:1", title="A paper"))
    thanks = await web.press(feedback_path(web, digest, Verdict.MORE))
    undo = next(path for path in buttons(thanks.text) if path.endswith("/undo"))
    assert "Undone" in (await web.press(undo)).text
    assert "Undone" in (await web.press(undo)).text  # nothing is left to undo
    assert web.app.store.feedback.of([ada.stored_id]) == []


async def test_a_paper_is_saved_and_taken_off_the_list(web: Trial) -> None:
    ada = web.joined()
    digest = web.digest(ada, Paper(key="test:1", title=f"On {HOSTILE}"))
    assert "<script>alert" not in (await web.get(save_path(web, digest))).text
    thanks = await web.press(save_path(web, digest))
    (kept,) = web.app.store.saved.of(ada.stored_id)
    assert kept.paper.key == "test:1"
    undo = next(path for path in buttons(thanks.text) if path.endswith("/undo"))
    assert "Removed from your list" in (await web.press(undo)).text
    assert web.app.store.saved.count(ada.stored_id) == 0


async def test_undo_is_offered_for_what_was_added_now(web: Trial) -> None:
    digest = web.digest(web.joined(), Paper(key="test:1", title="A paper"))
    for path in (save_path(web, digest), feedback_path(web, digest, Verdict.MORE)):
        first = buttons((await web.press(path)).text)
        web.clock.move(days=3)
        second = buttons((await web.press(path)).text)
        by_itself = buttons((await web.press(path, {"by_itself": "yes"})).text)
        undo = f"{path.removesuffix('/more')}/undo"
        assert [undo in some for some in (first, second, by_itself)] == [True, False, False]
    turned = buttons((await web.press(feedback_path(web, digest, Verdict.LESS))).text)
    assert feedback_path(web, digest, Verdict.MORE) in turned
    assert not [path for path in turned if "/feedback/" in path and path.endswith("undo")]


async def test_who_has_left_says_nothing_more(web: Trial) -> None:
    ada = web.joined()
    digest = web.digest(ada, Paper(key="test:1", title="A paper"))
    more, saving = feedback_path(web, digest, Verdict.MORE), save_path(web, digest)
    await web.post(more)
    web.app.subscriptions.leave(ada)
    for path in (more, f"{more[:-4]}less", f"{more[:-4]}undo", saving, f"{saving}/undo"):
        answer = await web.press(path)
        assert answer.status_code == 410
        assert "This link belongs to a subscription that has ended" in answer.text
        assert 'href="/subscribe"' in answer.text
    assert {(await web.get(path)).status_code for path in (more, saving)} == {410}
    assert (await web.get(why_path(web, digest))).status_code == 200
    (given,) = web.app.store.feedback.of([ada.stored_id])
    assert given.verdict is Verdict.MORE
    assert web.app.store.saved.count(ada.stored_id) == 0


async def test_the_reasons_are_told(web: Trial) -> None:
    digest = web.digest(web.joined(), Paper(key="test:1", title="A paper"))
    why = await web.get(why_path(web, digest))
    assert "Matches sparse autoencoder" in why.text
    assert "80 of 100" in why.text
    assert why.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_the_weightiest_reason_comes_first() -> None:
    weights = {"graph": 0.1, "ice": 0.6, "snow": 0.3, "age": 0.0}
    reasons = tuple(Reason(ReasonKind.KEYWORD, (word,), w) for word, w in weights.items())
    lines = reason_lines(
        DigestItem(
            position=1,
            paper=Paper(key="test:1", title=""),
            profile_id=None,
            profile_name="",
            score=0.5,
            reasons=reasons,
        ),
        ENGLISH,
    )
    assert [(line.words, line.weighs) for line in lines] == [
        ("Matches ice", "much"),
        ("Matches snow", "some"),
        ("Matches graph", "little"),
        ("Matches age", ""),
    ]


async def test_no_page_of_a_digest_leads_to_the_preferences(web: Trial) -> None:
    digest = web.digest(web.joined(), Paper(key="test:1", title="A paper"))
    more, saving = feedback_path(web, digest, Verdict.MORE), save_path(web, digest)
    answers = [await web.press(path) for path in (more, f"{more[:-4]}undo", saving)]
    answers += [await web.get(path) for path in (more, saving, why_path(web, digest))]
    assert {answer.status_code for answer in answers} == {200}
    assert not [answer for answer in answers if "/preferences/" in answer.text]


@pytest.mark.parametrize("end", ["1/maybe", "2/more", "0/more", "x/more", "9" * 5000 + "/more"])
async def test_senseless_feedback_leads_nowhere(web: Trial, end: str) -> None:
    digest = web.digest(web.joined(), Paper(key="test:1", title="A paper"))
    token = feedback_path(web, digest, Verdict.MORE).split("/")[2]
    assert (await web.get(f"/feedback/{token}/{end}")).status_code == 404
    assert (await web.post(f"/feedback/{token}/{end}")).status_code == 404


async def test_feedback_on_a_digest_that_is_gone(web: Trial) -> None:
    ada = web.joined()
    digest = web.digest(ada, Paper(key="test:1", title="A paper"))
    web.app.store.subscribers.remove(ada.stored_id)
    assert (await web.get(feedback_path(web, digest, Verdict.MORE))).status_code == 404


async def test_a_first_digest_that_is_due_comes_any_minute(web: Trial) -> None:
    ada = web.joined()
    web.clock.move(hours=2.5)
    assert "Any minute now" in (await web.get(web.preferences(ada))).text
    assert web.clock() - (ada.next_due_at or web.clock()) == timedelta(minutes=30)
