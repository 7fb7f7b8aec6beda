"""What pages of one tap post by themselves: a reader's counts, a link scanner's does not."""

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import httpx
import pytest
from web_apps import Trial, path_of, trial

from digestmail.domain import Digest, Paper, Subscriber, SubscriberStatus, Verdict

BY_ITSELF = {"by_itself": "yes"}


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


@pytest.fixture
def ada(web: Trial) -> Subscriber:
    return web.joined()


@pytest.fixture
def digest(web: Trial, ada: Subscriber) -> Digest:
    return web.digest(ada, *(Paper(key=f"test:{at}", title=f"Paper {at}") for at in range(1, 13)))


async def tap(web: Trial, digest: Digest, position: int, what: str) -> httpx.Response:
    """What the page does by itself that a link of the mail opened."""
    return await press(web, digest, position, what, BY_ITSELF)


async def press(
    web: Trial, digest: Digest, position: int, what: str, data: object = None
) -> httpx.Response:
    """What the button of that page does."""
    links, of = web.app.links, digest.stored_id
    link = links.save(of, position)
    if what != "save":
        link = links.feedback(of, position, Verdict(what))
    return await web.press(path_of(link), data)


def said(web: Trial, ada: Subscriber) -> dict[str, str]:
    given = web.app.store.feedback.of([ada.stored_id])
    papers = web.app.store.papers.by_ids([one.paper_id for one in given])
    return {papers[one.paper_id].title: str(one.verdict) for one in given}


def saved(web: Trial, ada: Subscriber) -> list[str]:
    return sorted(kept.paper.title for kept in web.app.store.saved.of(ada.stored_id))


async def test_taps_of_a_reader_count(web: Trial, ada: Subscriber, digest: Digest) -> None:
    for position, what in ((1, "more"), (2, "less"), (2, "save"), (3, "more"), (4, "less")):
        assert "Undo" in (await tap(web, digest, position, what)).text
        web.clock.move(seconds=3)
    assert said(web, ada) == {
        "Paper 1": "more",
        "Paper 2": "less",
        "Paper 3": "more",
        "Paper 4": "less",
    }
    assert saved(web, ada) == ["Paper 2"]


async def test_a_rush_is_refused_and_taken_back(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    answers = [await tap(web, digest, at, what) for at in range(1, 13) for what in ("more", "save")]
    assert [a.status_code for a in answers] == [200] * 4 + [429] * 20
    assert "please press the button" in answers[-1].text
    assert "tap.js" not in answers[-1].text
    assert said(web, ada) == {}
    assert saved(web, ada) == []


async def test_after_a_rush_the_button_works_and_a_tap_does_not(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    for position in range(1, 7):
        await tap(web, digest, position, "more")
    web.clock.move(minutes=1)
    assert (await tap(web, digest, 7, "more")).status_code == 429
    await web.post(path_of(web.app.links.feedback(digest.stored_id, 7, Verdict.MORE)))
    assert said(web, ada) == {"Paper 7": "more"}
    web.clock.move(minutes=10)
    assert (await tap(web, digest, 8, "more")).status_code == 200


async def test_what_was_said_before_a_rush_stays(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    await tap(web, digest, 1, "more")
    await tap(web, digest, 1, "save")
    web.clock.move(hours=1)
    for position in range(1, 9):
        for what in ("more", "less", "save"):
            await tap(web, digest, position, what)
    assert said(web, ada) == {"Paper 1": "more"}
    assert saved(web, ada) == ["Paper 1"]


async def test_a_slow_scanner_gives_itself_away(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    for position in range(1, 13):
        for what in ("more", "less", "save"):
            await tap(web, digest, position, what)
            web.clock.move(seconds=5)
    assert said(web, ada) == {}
    assert saved(web, ada) == []


async def test_a_slip_is_mended_by_the_button(web: Trial, ada: Subscriber, digest: Digest) -> None:
    await tap(web, digest, 1, "more")
    await tap(web, digest, 2, "less")
    web.clock.move(seconds=20)
    asked = await tap(web, digest, 1, "less")
    assert asked.status_code == 200
    assert "You asked for more like this before. Press the button" in asked.text
    assert said(web, ada) == {"Paper 1": "more", "Paper 2": "less"}
    await web.post(path_of(web.app.links.feedback(digest.stored_id, 1, Verdict.LESS)))
    assert said(web, ada) == {"Paper 1": "less", "Paper 2": "less"}


async def test_a_second_slip_looks_like_a_scanner(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    for position, status in ((1, 200), (2, 429)):
        await tap(web, digest, position, "less")
        web.clock.move(seconds=20)
        assert (await tap(web, digest, position, "more")).status_code == status
    assert said(web, ada) == {}


async def test_another_word_after_days_needs_the_button(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    await tap(web, digest, 1, "more")
    web.clock.move(days=3)
    asked = await tap(web, digest, 1, "less")
    assert asked.status_code == 200
    assert "tap.js" not in asked.text
    assert "mail scanners" not in asked.text
    assert said(web, ada) == {"Paper 1": "more"}


async def test_a_tap_takes_back_nothing_that_a_button_said(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    await press(web, digest, 1, "more")
    await press(web, digest, 1, "save")
    web.clock.move(minutes=5)
    for at in range(1, 4):
        for what in ("less", "more", "save"):
            await tap(web, digest, at, what)
    assert (await tap(web, digest, 9, "more")).status_code == 429
    assert said(web, ada) == {"Paper 1": "more"}
    assert saved(web, ada) == ["Paper 1"]


@pytest.mark.parametrize("order", [("more", "less", "save"), ("save", "less", "more")])
async def test_a_scanner_of_one_paper_changes_nothing(
    web: Trial, ada: Subscriber, order: tuple[str, ...]
) -> None:
    only = web.digest(ada, Paper(key="test:1", title="Paper 1"))
    for what in order:
        await tap(web, only, 1, what)
        web.clock.move(seconds=1)
    assert said(web, ada) == {}
    assert saved(web, ada) == []


async def test_opposite_taps_of_one_moment_are_found_out(
    web: Trial, ada: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = web.digest(ada, Paper(key="test:1", title="Paper 1"))
    monkeypatch.setattr(
        "digestmail.steps.reading.auto_submit.feedback.verdict_on", lambda *_: None
    )  # both look first
    assert (await tap(web, only, 1, "more")).status_code == 200
    assert (await tap(web, only, 1, "less")).status_code == 429
    assert said(web, ada) == {}


async def test_who_leaves_in_the_same_moment_said_nothing(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    await tap(web, digest, 1, "less")
    web.clock.move(minutes=1)
    await tap(web, digest, 2, "less")
    await tap(web, digest, 3, "save")
    await web.post(web.unsubscribe(ada))
    assert web.again(ada).status is SubscriberStatus.UNSUBSCRIBED
    assert said(web, ada) == {"Paper 1": "less"}
    assert saved(web, ada) == []
    assert (await tap(web, digest, 4, "more")).status_code == 410


async def test_what_a_button_said_before_leaving_stays(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    await press(web, digest, 1, "less")
    await press(web, digest, 2, "save")
    web.clock.move(seconds=7)
    await web.post(web.unsubscribe(ada))
    assert said(web, ada) == {"Paper 1": "less"}
    assert saved(web, ada) == ["Paper 2"]


ORDERS = {
    "paper by paper": [(at, what) for at in range(1, 9) for what in ("more", "less", "save")],
    "saved first": [(at, what) for at in range(1, 9) for what in ("save", "less", "more")],
    "word by word": [(at, what) for what in ("more", "less", "save") for at in range(1, 9)],
    "more alone": [(at, "more") for at in range(1, 9)],
    "save alone": [(at, "save") for at in range(1, 9)],
    "one paper": [(1, "more"), (1, "less"), (1, "save")],
    "two papers": [(1, "more"), (2, "less"), (1, "less"), (2, "more"), (2, "save")],
}


# So slowly and in another order a quick reader presses too.
SLOW = ["paper by paper", "saved first", "one paper"]


@pytest.mark.parametrize(
    ("order", "seconds"),
    [*product(ORDERS, (0, 0.1, 1)), *product(SLOW, (3,))],
)
async def test_a_scanner_that_presses_buttons_teaches_nothing(
    web: Trial, ada: Subscriber, digest: Digest, order: str, seconds: float
) -> None:
    for position, what in ORDERS[order]:
        await press(web, digest, position, what)
        web.clock.move(seconds=seconds)
    assert said(web, ada) == {}
    assert saved(web, ada) == []


@pytest.mark.parametrize("order", ["paper by paper", "word by word"])
async def test_what_a_scanner_presses_over_returns(
    web: Trial, ada: Subscriber, digest: Digest, order: str
) -> None:
    await press(web, digest, 1, "less")
    web.clock.move(hours=1)
    await press(web, digest, 2, "more")
    await press(web, digest, 3, "save")
    before = web.app.store.feedback.of([ada.stored_id])
    web.clock.move(days=1)
    for position, what in ORDERS[order]:
        await press(web, digest, position, what)
    assert web.app.store.feedback.of([ada.stored_id]) == before
    assert saved(web, ada) == ["Paper 3"]


async def test_who_was_taken_for_a_scanner_presses_again(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    for at in range(1, 7):
        answer = await press(web, digest, at, "more")
    assert answer.status_code == 429
    assert "please press the button" in answer.text
    web.clock.move(seconds=9)
    assert (await press(web, digest, 6, "more")).status_code == 200
    assert said(web, ada) == {"Paper 6": "more"}


@pytest.mark.parametrize("page", ["confirm", "unsubscribe"])
async def test_pages_of_weight_never_post_by_themselves(web: Trial, page: str) -> None:
    ada = web.joined()
    path = web.unsubscribe(ada)
    if page == "confirm":
        add = web.app.subscriptions.add
        new = add("b@example.org", ada.profiles, ada.schedule, web.clock(), active=False)
        path = path_of(web.app.links.confirm(new.stored_id, 0, web.clock()))
    shown = await web.get(path)
    assert shown.status_code == 200
    assert "tap.js" not in shown.text
    assert "data-tap" not in shown.text
