"""The short form: an address alone brings the trending digest."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from web_apps import HOSTILE, READER, Trial, link_in, path_of, trial

from digestmail.domain import (
    TRENDING_PAPERS,
    Paper,
    Schedule,
    Subscriber,
    SubscriberStatus,
    trending_profile,
)

PATH = "/subscribe/trending"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


async def send(web: Trial, **changed: object) -> httpx.Response:
    """Send the short form as an ordinary newcomer does, who opens nothing that is folded away."""
    form = {
        "email": READER,
        "categories": "",
        "hour": "7",
        "timezone": "Europe/Rome",
        "rhythm": "daily",
        "weekdays": ["1", "2", "3", "4", "5", "6", "7"],
        "website": "",
        "form_token": web.form_token(),
    } | changed
    return await web.press(PATH, form)


def subscriber(web: Trial) -> Subscriber:
    return web.app.store.subscribers.by_email(READER)


async def confirm(web: Trial) -> None:
    await web.press(path_of(link_in(web.mails[-1], "confirm")))


def fix_of(page: str) -> str:
    """The value of the first button that corrects something."""
    (value, *_) = re.findall(r'name="fix" value="([^"]*)"', page)
    return html.unescape(value)


async def test_an_address_alone_subscribes(web: Trial) -> None:
    assert "Check your inbox" in (await send(web)).text
    await confirm(web)
    reader = subscriber(web)
    (profile,) = reader.profiles
    assert reader.status is SubscriberStatus.ACTIVE
    assert profile.is_trending_only
    assert (profile.name, profile.trending) == (trending_profile().name, TRENDING_PAPERS)
    assert reader.schedule == Schedule(timezone="Europe/Rome")


async def test_categories_and_a_schedule_are_taken(web: Trial) -> None:
    await send(web, categories="cs.CL, q-bio.*", hour="9", rhythm="weekly", weekday="5")
    reader = subscriber(web)
    assert reader.profiles[0].categories == ("cs.CL", "q-bio.*")
    assert reader.schedule == Schedule(hour=9, timezone="Europe/Rome", weekdays=frozenset({5}))


async def test_the_first_page_has_the_form(web: Trial) -> None:
    page = (await web.get("/")).text
    assert f'<form class="joining" method="post" action="{PATH}"' in page
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token
    web.clock.move(seconds=1)
    assert "Check your inbox" in (await send(web, form_token=token[1])).text


async def test_a_form_of_a_cached_first_page_is_good(web: Trial) -> None:
    page = (await web.get("/")).text
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token
    web.clock.move(minutes=61)  # caches keep the page for the rest of the hour, and a minute
    assert "Check your inbox" in (await send(web, form_token=token[1])).text


async def test_the_first_page_of_a_category_subscribes_to_it(web: Trial) -> None:
    web.app.store.papers.add([Paper(key="test:1", title="Ice", categories=("cs.CL",))], web.clock())
    page = (await web.get("/?category=cs.CL")).text
    assert 'name="categories" aria-describedby="categories-hint" value="cs.CL"' in page


@pytest.mark.parametrize("query", ["trending", "trending=yes&categories=cs.CL", "trending&hour=9"])
async def test_a_link_asks_for_the_trending_form(web: Trial, query: str) -> None:
    answer = await web.get(f"/subscribe?{query}", follow_redirects=True)
    assert answer.url.path == PATH
    assert ('value="cs.CL"' in answer.text) == ("cs.CL" in query)


async def test_a_link_with_words_leads_to_the_personal_form(web: Trial) -> None:
    answer = await web.get("/subscribe?trending=3&keywords=ice")
    assert answer.status_code == 200
    assert 'name="trending" value="3" checked' in answer.text


async def test_the_personal_form_takes_an_address_alone(web: Trial) -> None:
    assert "An address is enough" in (await web.get("/subscribe")).text
    await web.subscribe(keywords="")
    (profile,) = subscriber(web).profiles
    assert (profile.is_trending_only, profile.trending) == (True, TRENDING_PAPERS)


async def test_the_personal_form_adds_three_trending_papers(web: Trial) -> None:
    await web.subscribe(trending="3")
    (profile,) = subscriber(web).profiles
    assert (profile.is_trending_only, profile.trending) == (False, 3)


async def test_without_the_box_no_trending_papers_are_added(web: Trial) -> None:
    await web.subscribe()
    assert subscriber(web).profiles[0].trending == 0


# --- what is wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"email": ""}, "@-sign"),
        ({"categories": "cs.VC"}, "“cs.VC” is not a category. Did you mean cs.CV?"),
        ({"timezone": "Rome"}, "“Rome” is not a time zone. Did you mean Europe/Rome?"),
        ({"weekdays": []}, "at least one day"),
    ],
)
async def test_a_problem_stands_beside_its_field(
    web: Trial, changed: dict[str, object], problem: str
) -> None:
    answer = await send(web, **changed)
    (name,) = changed
    assert answer.status_code == 422
    assert problem in answer.text.partition(f'id="{name}-problem">')[2].partition("</p>")[0]
    assert ('<details class="more" open>' in answer.text) == (name != "email")
    assert not web.mails


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ({"categories": "math, cs.VC"}, lambda reader: reader.profiles[0].categories),
        ({"timezone": "Rome"}, lambda reader: reader.schedule.timezone),
        ({"email": "ada@exmaple.con"}, lambda reader: reader.email),
    ],
)
async def test_one_press_corrects_and_subscribes(
    web: Trial, changed: dict[str, object], read: object
) -> None:
    refused = await send(web, **changed)
    answer = await send(web, **changed, fix=fix_of(refused.text))
    assert "Check your inbox" in answer.text
    (reader,) = web.app.store.subscribers.all()
    assert callable(read)
    assert read(reader) in (("math", "cs.CV"), "Europe/Rome", "ada@exmaple.com")


async def test_an_address_that_looks_mistyped_is_asked_about_once(web: Trial) -> None:
    refused = await send(web, email="ada@gmial.com")
    assert "Did you mean ada@gmail.com?" in refused.text
    assert 'name="address_checked" value="ada@gmial.com"' in refused.text
    assert not web.mails
    answer = await send(web, email="ada@gmial.com", address_checked="ada@gmial.com")
    assert "Check your inbox" in answer.text
    assert web.mails[0]["To"] == "ada@gmial.com"


@pytest.mark.parametrize("fix", ["", "x", HOSTILE, "field=email", "field=x&typed=a&meant=b"])
async def test_a_correction_of_nothing_changes_nothing(web: Trial, fix: str) -> None:
    assert "Check your inbox" in (await send(web, fix=fix)).text
    assert [mail["To"] for mail in web.mails] == [READER]


async def test_a_robot_gets_the_same_answer_and_nothing_happens(web: Trial) -> None:
    robot = await send(web, website="https://spam.example")
    assert not web.mails
    assert robot.text == (await send(web)).text


async def test_a_form_from_elsewhere_is_shown_again(web: Trial) -> None:
    answer = await send(web, form_token="")
    assert answer.status_code == 422
    assert READER in answer.text
    assert not web.mails


async def test_hostile_text_is_escaped(web: Trial) -> None:
    for field in ("email", "categories", "timezone"):
        assert HOSTILE not in (await send(web, **{field: HOSTILE})).text
        assert HOSTILE not in (await web.get(PATH, params={field: HOSTILE})).text


async def test_with_a_sum_the_first_page_is_not_cached(tmp_path: Path) -> None:
    async with trial(tmp_path, altcha=True) as web:
        page = await web.get("/")
        assert "no-store" in page.headers["cache-control"]
        assert "data-sum" in page.text


# --- the check of a field before the form is sent --------------------------------------------


async def check(web: Trial, **texts: str) -> httpx.Response:
    return await web.post("/subscribe/check", {"form_token": web.form_token(), **texts})


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ({"email": "ada@gmial.com"}, "Did you mean ada@gmail.com?"),
        ({"categories": "cs.VC"}, "Did you mean cs.CV?"),
        ({"timezone": "Rome"}, "Did you mean Europe/Rome?"),
    ],
)
async def test_a_field_is_checked(web: Trial, texts: dict[str, str], problem: str) -> None:
    answer = (await check(web, **texts)).text
    assert f'data-problem-of="{next(iter(texts))}"' in answer
    assert problem in answer
    assert 'name="fix"' in answer


@pytest.mark.parametrize(
    "texts",
    [
        {"email": READER},
        {"email": ""},
        {"email": "ada@gmial.com", "address_checked": "ada@gmial.com"},
        {"categories": "cs.CV, math"},
        {"timezone": "UTC"},
        {"seed_papers": "2301.00001"},
        {},
    ],
)
async def test_a_right_field_has_no_problem(web: Trial, texts: dict[str, str]) -> None:
    answer = await check(web, **texts)
    assert answer.status_code == 200
    assert "data-problem-of" not in answer.text


async def test_only_visitors_of_a_form_may_check(web: Trial) -> None:
    assert (await check(web, form_token="")).status_code == 400
    assert (await check(web, website="x")).status_code == 400
