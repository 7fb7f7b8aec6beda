"""The page of options behind a paper of a mail: what it offers, what it does, what undoes it."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import httpx
import pytest
from web_apps import HOSTILE, Trial, path_of, trial

from digestmail.domain import (
    Digest,
    DigestItem,
    ItemRole,
    Paper,
    Profile,
    SkipReason,
    Subscriber,
    Verdict,
    trending_profile,
)
from digestmail.steps.subscribers import leaving

GRAPHS = Paper(
    key="arxiv:2611.00001",
    title="Sparse autoencoders find features of protein folding",
    abstract="We train sparse autoencoders on models of protein folding (PF).",
    authors=("Ada Lovelace", "Zoë Ångström"),
    categories=("cs.LG", "q-bio.BM"),
)
ALIKE = replace(
    GRAPHS,
    key="arxiv:2611.00002",
    title="Sparse autoencoders and the features of proteins that are folding",
    authors=("Bo Stone",),
)
_FORM = r'action="([^"]+)"><input type="hidden" name="value" value="([^"]*)">'
APART = Paper(key="arxiv:2611.00003", title="The thaw of frozen ground in Siberia")


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


@pytest.fixture
def ada(web: Trial) -> Subscriber:
    return web.joined(keywords=("transformer",))


@pytest.fixture
def digest(web: Trial, ada: Subscriber) -> Digest:
    return web.digest(ada, GRAPHS, ALIKE, APART)


def path(web: Trial, digest: Digest, position: int = 1) -> str:
    return path_of(web.app.links.options(digest.stored_id, position))


async def choose(
    web: Trial, digest: Digest, option: str, value: str = "", position: int = 1
) -> httpx.Response:
    """Press a button of the page."""
    return await web.press(f"{path(web, digest, position)}/{option}", {"value": value})


def profile(web: Trial, ada: Subscriber) -> Profile:
    return web.again(ada).profiles[0]


def notice(answer: httpx.Response) -> str:
    """What the page says was done."""
    found = re.search(r'role="(?:status|alert)">(.*?)</(?:p|div)>', answer.text, re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "", found[1])).strip() if found else ""


async def undo(web: Trial, answer: httpx.Response) -> httpx.Response:
    """Press the button beside the notice."""
    form = re.search(_FORM.replace("+)", "+/undo)", 1) + '<button class="button', answer.text)
    assert form
    return await web.press(form[1], {"value": unescape(form[2])})


async def test_the_page_offers_authors_topics_and_a_link_to_share(
    web: Trial, digest: Digest
) -> None:
    page = await web.get(path(web, digest))
    assert page.status_code == 200
    for words in ("Follow Ada Lovelace", "Mute Zoë Ångström", "Mute sparse autoencoders"):
        assert f'aria-label="{words}"' in page.text
    assert 'aria-label="Mute cs.LG"' in page.text
    assert f"{web.app.links.home}/papers/{GRAPHS.key}" in page.text
    assert "/preferences/" not in page.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_it_changes_nothing(
    web: Trial, ada: Subscriber, digest: Digest, method: str
) -> None:
    before = web.app.store.subscribers.all()
    assert (await web.client.request(method, path(web, digest))).status_code == 200
    for option in ("follow", "mute-author", "mute-topic", "mute-category", "fewer"):
        answer = await web.client.request(method, f"{path(web, digest)}/{option}")
        assert answer.status_code == 405
    assert web.app.store.subscribers.all() == before


async def test_following_an_author_and_back(web: Trial, ada: Subscriber, digest: Digest) -> None:
    answer = await choose(web, digest, "follow", "Ada Lovelace")
    assert notice(answer) == "You follow Ada Lovelace. Their papers are always included."
    assert profile(web, ada).authors == ("Ada Lovelace",)
    assert notice(await undo(web, answer)) == ""
    assert profile(web, ada).authors == ()


async def test_muting_an_author_ends_following(web: Trial, ada: Subscriber, digest: Digest) -> None:
    await choose(web, digest, "follow", "Ada Lovelace")
    web.clock.move(minutes=1)
    answer = await choose(web, digest, "mute-author", "Ada Lovelace")
    assert "Ada Lovelace is muted." in notice(answer)
    assert profile(web, ada).authors == ()
    assert profile(web, ada).excluded_authors == ("Ada Lovelace",)
    await undo(web, answer)
    assert profile(web, ada).excluded_authors == ()


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        ("mute-topic", "protein folding", "excluded_keywords"),
        ("mute-topic", "  crystal  growth ", "excluded_keywords"),
        ("mute-category", "q-bio.BM", "excluded_categories"),
    ],
)
async def test_muting_a_topic_and_back(
    web: Trial, ada: Subscriber, digest: Digest, option: str, value: str, field: str
) -> None:
    answer = await choose(web, digest, option, value)
    muted = " ".join(value.split())
    assert f"{muted}" in notice(answer)
    assert getattr(profile(web, ada), field) == (muted,)
    assert muted not in re.findall(r'aria-label="Mute ([^"]*)"', answer.text)
    await undo(web, answer)
    assert getattr(profile(web, ada), field) == ()


async def test_fewer_like_these_names_them_and_back(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    page = await web.get(path(web, digest))
    assert ALIKE.title in page.text
    assert APART.title not in page.text
    answer = await choose(web, digest, "fewer")
    assert "rank lower for about a week" in notice(answer)
    ids = {damped.paper_id for damped in web.app.store.damped.of([ada.stored_id], digest.due_at)}
    assert ids == {item.paper.stored_id for item in digest.items[:2]}
    await undo(web, answer)
    assert web.app.store.damped.of([ada.stored_id], digest.due_at) == []


async def test_a_paper_like_no_other_has_no_such_button(web: Trial, digest: Digest) -> None:
    assert "Fewer like these" not in (await web.get(path(web, digest, 3))).text


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("follow", "Eve Nobody", "does not have that author"),
        ("mute-author", "", "does not have that author"),
        ("mute-category", "math.AG", "does not have that author or category"),
        ("mute-topic", "", "one word or phrase"),
        ("mute-topic", "snow, ice", "one word or phrase"),
        ("mute-topic", "the", "the"),
    ],
)
async def test_what_makes_no_sense_changes_nothing(
    web: Trial, ada: Subscriber, digest: Digest, option: str, value: str, words: str
) -> None:
    before = profile(web, ada)
    answer = await choose(web, digest, option, value)
    assert answer.status_code == 422
    assert words in notice(answer)
    assert profile(web, ada) == before


async def test_a_full_list_is_told(web: Trial, digest: Digest, ada: Subscriber) -> None:
    full = replace(profile(web, ada), authors=tuple(f"Jane {n} Doe" for n in range(60)))
    web.app.store.subscribers.save_profile(full)
    answer = await choose(web, digest, "follow", "Ada Lovelace")
    assert answer.status_code == 422
    assert "already have 60 entries" in notice(answer)


async def test_a_scanner_that_presses_every_button_changes_nothing(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    before = web.again(ada)
    for position in (1, 2, 3):
        page = await web.get(path(web, digest, position))
        forms = re.findall(_FORM.replace("<input", "(?:<input") + ")?", page.text)
        assert len(forms) > 3
        for action, value in forms:
            await web.press(action, {"value": unescape(value)})
    assert web.again(ada) == before
    assert web.app.store.damped.of([ada.stored_id], digest.due_at) == []
    assert web.app.store.feedback.of([ada.stored_id]) == []


async def test_a_link_of_a_reader_who_left_is_dead(
    web: Trial, ada: Subscriber, digest: Digest
) -> None:
    leaving.leave(web.app.store, ada, web.clock())
    assert (await web.get(path(web, digest))).status_code == 410
    assert (await choose(web, digest, "follow", "Ada Lovelace")).status_code == 410


async def test_a_feedback_token_opens_no_options(web: Trial, digest: Digest) -> None:
    wrong = path_of(web.app.links.save(digest.stored_id, 1)).replace("/save/", "/options/")
    assert (await web.get(wrong)).status_code == 404


async def test_the_query_cannot_make_it_say_what_is_not_so(web: Trial, digest: Digest) -> None:
    for value in ("Ada Lovelace", HOSTILE, "call 0190"):
        page = await web.get(path(web, digest), params={"done": "follow", "value": value})
        assert notice(page) == ""
        assert HOSTILE not in page.text


async def test_a_hostile_paper_does_no_harm(web: Trial, ada: Subscriber) -> None:
    hostile = Paper(key="test:9", title=HOSTILE, authors=(HOSTILE, "Ada"), categories=(HOSTILE,))
    digest = web.digest(ada, hostile)
    assert "<script>alert" not in (await web.get(path(web, digest))).text


async def test_a_trending_reader_learns_that_it_grows_personal(web: Trial) -> None:
    eve = web.app.subscriptions.add(
        "eve@example.org",
        [trending_profile()],
        web.joined("x@example.org").schedule,
        web.clock(),
        active=True,
    )
    digest = web.digest(eve, GRAPHS)
    thanks = await web.press(path_of(web.app.links.feedback(digest.stored_id, 1, Verdict.MORE)))
    assert "From your next digest on, you also get papers like this one" in thanks.text
    web.clock.move(minutes=1)
    answer = await choose(web, digest, "follow", "Ada Lovelace")
    assert "You follow Ada Lovelace" in notice(answer)
    assert not profile(web, eve).is_trending_only


# --- the page of a digest ----------------------------------------------------------------------


async def test_the_page_of_a_quiet_day_shows_what_came_nearest(web: Trial, ada: Subscriber) -> None:
    near = DigestItem(
        1, ada_paper(web, APART), ada.profiles[0].id, "My papers", 0.05, role=ItemRole.NEAREST
    )
    digest = web.digest(
        ada, skip=SkipReason.BELOW_THRESHOLD, judged=7, nearest=(near,), date=web.clock().date()
    )
    page = (await web.get(path_of(web.app.links.digest(digest.stored_id)))).text
    for words in ("No close matches", "There were 7 new papers", "The closest papers", APART.title):
        assert words in page
    assert (await web.get(path(web, digest))).status_code == 200
    answer = await web.press(path_of(web.app.links.feedback(digest.stored_id, 1, Verdict.MORE)))
    assert "Undo" in answer.text


def ada_paper(web: Trial, new: Paper) -> Paper:
    web.app.store.papers.add([new], web.clock())
    return web.app.store.papers.by_keys([new.key])[new.key]
