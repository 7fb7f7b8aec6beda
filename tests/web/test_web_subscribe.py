"""The public forms: what they refuse, what they never tell, and how often they may be used."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from web_apps import HOSTILE, READER, Trial, trial


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


def nobody_came(web: Trial) -> bool:
    return not web.app.store.subscribers.all() and not web.mails


async def test_the_answer_is_the_same_for_known_and_unknown_addresses(web: Trial) -> None:
    web.joined()
    known, unknown = await web.subscribe(), await web.subscribe(email="eve@example.org")
    assert known.text == unknown.text.replace("eve@example.org", READER)
    known, unknown = await web.ask_for_link(), await web.ask_for_link("nobody@example.org")
    assert known.text == unknown.text.replace("nobody@example.org", READER)


async def test_a_known_subscriber_is_mailed_a_link_and_nothing_changes(web: Trial) -> None:
    before = web.joined()
    await web.subscribe(keywords="something else")
    assert web.again(before) == before
    assert [mail["To"] for mail in web.mails] == [READER]
    assert "link" in web.mails[0]["Subject"]


async def test_an_address_is_asked_once_a_day(web: Trial) -> None:
    for _ in range(3):
        await web.subscribe()
    assert len(web.mails) == 1
    web.clock.move(hours=25)
    await web.subscribe()
    assert len(web.mails) == 2


async def test_a_robot_gets_the_same_answer_and_nothing_happens(web: Trial) -> None:
    robot = await web.subscribe(website="https://spam.example")
    assert nobody_came(web)
    assert robot.text == (await web.subscribe()).text


async def test_a_robot_has_no_link_mailed(web: Trial) -> None:
    web.joined()
    assert (await web.ask_for_link(website="x")).status_code == 200
    assert web.mails == []


async def test_a_network_may_send_twenty_forms_an_hour(web: Trial) -> None:
    answers = [await web.subscribe(email=f"a{n}@example.org") for n in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1].headers["retry-after"] == "3600"
    assert (await web.ask_for_link()).status_code == 429
    web.clock.move(minutes=61)
    assert (await web.subscribe(email="b@example.org")).status_code == 200


async def test_a_mistake_is_not_counted(web: Trial) -> None:
    for _ in range(25):
        await web.subscribe(email="not an address")
    assert (await web.subscribe()).status_code == 200


async def test_everyone_together_may_send_five_hundred_forms_an_hour(web: Trial) -> None:
    with web.app.store.database.writing() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO rate (key, since, count) VALUES (?, ?, 500)",
            ("form:all", web.clock().replace(tzinfo=None).isoformat(" ")),
        )
    assert (await web.subscribe()).status_code == 503
    assert nobody_came(web)


@pytest.mark.parametrize("token", ["", "nonsense", "k000-1-abc"])
async def test_a_form_not_made_here_is_shown_again(web: Trial, token: str) -> None:
    answer = await web.subscribe(form_token=token)
    assert answer.status_code == 422
    assert "Nothing you wrote is lost" in answer.text
    assert READER in answer.text
    assert nobody_came(web)


async def test_a_stale_form_is_shown_again_with_what_was_typed(web: Trial) -> None:
    form = await web.filled(weekdays=["6"], keywords="kept")
    web.clock.move(hours=3)
    answer = await web.post("/subscribe", form)
    assert answer.status_code == 422
    assert "kept</textarea>" in answer.text
    assert answer.text.count(" checked>") == 1


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("email", "", "@-sign"),
        ("email", "ada@", "@-sign"),
        ("email", "ada@example.org\r\nBcc: eve@example.org", "invalid characters"),
        ("email", f"{'a' * 300}@example.org", "at most 254"),
        ("keywords", "x" * 10_000, "too long for a keyword"),
        ("keywords", "???", "no letter or digit"),
        ("keywords", ",".join(f"word{n}" for n in range(61)), "at most 60"),
        ("excluded_keywords", "!", "no letter or digit"),
        ("interests", "x" * 5_001, "too long"),
        ("categories", "<b>", "is no category"),
        ("authors", "Knuth", "full name"),
        ("seed_papers", "the one about attention", "is not a paper"),
        ("hour", "25", "from 0 to 23"),
        ("hour", "７", "from 0 to 23"),
        ("timezone", "Mars/Olympus", "is no time zone"),
        ("weekdays", "8", "is no day"),
        ("weekdays", [], "at least one day"),
        ("keywords", "", "Name at least one keyword, interest, category or author."),
    ],
)
async def test_a_wrong_value_is_told_beside_its_field(
    web: Trial, field: str, value: object, told: str
) -> None:
    answer = await web.subscribe(**{field: value})
    assert answer.status_code == 422
    problem = answer.text.partition(f'id="{field}-problem">')[2].partition("</p>")[0]
    assert told in problem
    assert f'<a href="#{field}">' in answer.text
    assert f"{field}-problem" in answer.text.partition('aria-describedby="')[2]
    assert nobody_came(web)


async def test_all_problems_are_told_at_once(web: Trial) -> None:
    answer = await web.subscribe(email="x", hour="99", authors="Knuth")
    assert "3 fields" in answer.text
    assert answer.text.count('aria-invalid="true"') == 3


async def test_a_folded_field_with_a_problem_is_shown(web: Trial) -> None:
    assert '<details class="more">' in (await web.get("/")).text
    assert '<details class="more" open>' in (await web.subscribe(authors="Knuth")).text


@pytest.mark.parametrize("field", ["email", "keywords", "interests", "categories", "timezone"])
async def test_hostile_text_is_escaped(web: Trial, field: str) -> None:
    shown = await web.get("/", params={field: HOSTILE})
    kept = await web.subscribe(**{"hour": "99", field: HOSTILE})
    for page in (shown, kept):
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "&lt;img" in page.text


async def test_a_hostile_address_is_escaped_in_the_answer_too(web: Trial) -> None:
    answer = await web.subscribe(email=HOSTILE, website="filled in")
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text


async def test_a_link_can_fill_in_the_form(web: Trial) -> None:
    query = {"keywords": "quark", "hour": "21", "authors": "Lise Meitner", "weekdays": "6,7"}
    page = (await web.get("/subscribe", params=query)).text
    assert "quark</textarea>" in page
    assert '<option value="21" selected>21:00' in page
    assert "Lise Meitner</textarea>" in page
    assert page.count(" checked>") == 2


async def test_newcomers_are_not_asked_about_late_and_quiet_days(web: Trial) -> None:
    page = (await web.get("/")).text
    await web.subscribe(wait_hours="0", send_empty="yes")
    schedule = web.app.store.subscribers.by_email(READER).schedule
    assert "wait_hours" not in page
    assert "send_empty" not in page
    assert (schedule.wait_hours, schedule.send_empty) == (3, False)


async def test_the_time_zone_is_guessed_only_where_none_was_named(web: Trial) -> None:
    assert "data-guess" in (await web.get("/")).text
    assert "data-guess" not in (await web.get("/", params={"timezone": "Asia/Tokyo"})).text
    assert "data-guess" not in (await web.subscribe(hour="99")).text


async def test_an_unknown_address_gets_no_mail(web: Trial) -> None:
    await web.ask_for_link("nobody@example.org")
    assert web.mails == []


@pytest.mark.parametrize("address", ["", "nonsense", "a@b@c"])
async def test_the_link_form_refuses_what_is_no_address(web: Trial, address: str) -> None:
    answer = await web.ask_for_link(address)
    assert answer.status_code == 422
    assert 'id="email-problem"' in answer.text


async def test_a_stale_link_form_is_shown_again(web: Trial) -> None:
    web.joined()
    answer = await web.ask_for_link(form_token="")
    assert answer.status_code == 422
    assert READER in answer.text
    assert web.mails == []


async def test_mail_that_fails_leaves_the_answer_whole(
    web: Trial, caplog: pytest.LogCaptureFixture
) -> None:
    (web.app.settings.folder / "outbox").write_text("a file where a folder should be")
    answer = await web.subscribe()
    assert answer.status_code == 200
    assert "letters could not be sent now" in caplog.text
