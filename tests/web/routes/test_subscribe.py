"""The public forms: what they refuse, what they never tell, and how often they may be used."""

import html
import json
import threading
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import altcha
import httpx
import pytest
from patience import LONG
from web_apps import HOSTILE, READER, Trial, link_in, path_of, trial

from digestmail.domain import Paper, Schedule, SubscriberStatus
from digestmail.relevance import Model
from digestmail.services.preview import PreviewService
from digestmail.sources.files.reference_library import LARGEST
from digestmail.steps.subscribers.seed_papers import own_uploads, packed
from digestmail.web.shared.bodies import LARGEST_FORM

BIBTEX = b"""\
@misc{mine, title={On my own work}, author={Doe, Jane},
  abstract={Rivers and deltas.}}
@misc{arx, title={Rivers again},
  eprint={2301.00001}}
@misc{nobody, author={Nobody}}
"""


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


def nobody_came(web: Trial) -> bool:
    return not web.app.store.subscribers.all() and not web.mails


async def test_the_answer_is_the_same_for_known_and_unknown_addresses(web: Trial) -> None:
    web.joined()
    known, unknown = await web.subscribe(), await web.subscribe(email="eve@example.org")
    assert known.text == unknown.text.replace("e…@example.org", "a…@example.org")
    known, unknown = await web.ask_for_link(), await web.ask_for_link("nobody@example.org")
    assert known.text == unknown.text.replace("n…@example.org", "a…@example.org")


async def test_a_known_subscriber_is_mailed_a_link_and_nothing_changes(web: Trial) -> None:
    before = web.joined()
    await web.subscribe(keywords="")
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
    assert answer.text.count(" checked>") == 2  # that day, and "every day ticked"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("email", "", "@-sign"),
        ("email", "ada@", "@-sign"),
        ("email", "ada@example.org\r\nBcc: eve@example.org", "invalid characters"),
        ("email", f"{'a' * 300}@example.org", "at most 254"),
        ("keywords", "x" * 10_000, "too long for a keyword"),
        ("keywords", "???", "no letters or digits"),
        ("keywords", ",".join(f"word{n}" for n in range(61)), "the limit is 60"),
        ("excluded_keywords", "!", "no letters or digits"),
        ("interests", "x" * 5_001, "oo long"),
        ("categories", "<b>", "is not a category"),
        ("authors", "Knuth", "full name"),
        ("seed_papers", "the one about attention", "know the paper"),
        ("hour", "25", "from 0 to 23"),
        ("hour", "７", "from 0 to 23"),
        ("timezone", "Mars/Olympus", "is not a time zone"),
        ("weekdays", "8", "is not a day"),
        ("weekdays", [], "at least one day"),
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
    assert '<details class="more">' in (await web.get("/subscribe")).text
    assert '<details class="more" open>' in (await web.subscribe(authors="Knuth")).text


@pytest.mark.parametrize("field", ["email", "keywords", "interests", "categories", "timezone"])
async def test_hostile_text_is_escaped(web: Trial, field: str) -> None:
    shown = await web.get("/subscribe", params={field: HOSTILE})
    kept = await web.subscribe(**{"hour": "99", field: HOSTILE})
    for page in (shown, kept):
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "&lt;img" in page.text


async def test_a_hostile_address_is_escaped_in_the_answer_too(web: Trial) -> None:
    answer = await web.subscribe(email=HOSTILE, website="filled in")
    made_up = await web.get("/done/confirm", params={"to": HOSTILE})
    for page in (answer, made_up):
        assert page.status_code == 200
        assert "alert" not in page.text


async def test_a_link_can_fill_in_the_form(web: Trial) -> None:
    query = {"keywords": "quark", "hour": "21", "authors": "Lise Meitner", "weekdays": "6,7"}
    page = (await web.get("/subscribe", params=query)).text
    assert "quark</textarea>" in page
    assert '<option value="21" selected>21:00' in page
    assert "Lise Meitner</textarea>" in page
    assert page.count(" checked>") == 3


async def test_newcomers_are_not_asked_about_late_and_quiet_days(web: Trial) -> None:
    page = (await web.get("/subscribe")).text
    await web.subscribe(wait_hours="0", send_empty="yes")
    schedule = web.app.store.subscribers.by_email(READER).schedule
    assert "wait_hours" not in page
    assert "send_empty" not in page
    assert (schedule.wait_hours, schedule.send_empty) == (3, False)


async def test_the_time_zone_is_guessed_only_where_none_was_named(web: Trial) -> None:
    assert "data-guess" in (await web.get("/subscribe")).text
    assert "data-guess" not in (await web.get("/subscribe", params={"timezone": "Asia/Tokyo"})).text
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
    assert "emails could not be sent now" in caplog.text


# --- how fast, how often, and proofs ---------------------------------------------------------


@pytest.mark.parametrize(("seconds", "status"), [(0, 422), (2, 422), (3, 200), (7200, 200)])
async def test_a_form_has_an_age(web: Trial, seconds: int, status: int) -> None:
    answer = await web.subscribe(form_token=web.form_token(seconds))
    assert answer.status_code == status
    assert nobody_came(web) == (status == 422)


async def test_a_form_sent_in_haste_keeps_its_token(web: Trial) -> None:
    token = web.form_token(1)
    answer = await web.subscribe(form_token=token)
    assert f'value="{token}"' in answer.text
    web.clock.move(seconds=5)
    assert (await web.subscribe(form_token=token)).status_code == 200


async def test_a_flood_is_told_to_the_operator_once(web: Trial) -> None:
    with web.app.store.database.writing() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO rate (key, since, count) VALUES (?, ?, 500)",
            ("form:all", web.clock().replace(tzinfo=None).isoformat(" ")),
        )
    for _ in range(2):
        assert (await web.subscribe()).status_code == 503
    assert web.app.store.relays.owed_alert().count("more than 500 forms") == 1


async def test_a_sum_is_asked_and_good_once(tmp_path: Path) -> None:
    async with trial(tmp_path, altcha=True) as web:
        page = (await web.get("/subscribe")).text
        asked = html.unescape(page.partition('data-sum="')[2].partition('"')[0])
        token = page.partition('name="form_token" value="')[2].partition('"')[0]
        challenge = altcha.Challenge.from_dict(json.loads(asked))
        solution = altcha.solve_challenge(challenge)
        assert solution
        solved = altcha.Payload(challenge, solution).to_base64()
        web.clock.move(seconds=10)
        other = web.form_token()
        for form_token, answer, status in (
            (token, "", 422),
            (token, "bm9uc2Vuc2U=", 422),
            (other, solved, 422),  # of another form
            (token, solved, 200),
            (token, solved, 422),  # a second time
        ):
            sent = await web.subscribe(form_token=form_token, altcha=answer)
            assert sent.status_code == status
        assert (await web.ask_for_link()).status_code == 422


async def test_who_never_asked_is_not_mailed_again(web: Trial) -> None:
    await web.subscribe()
    (mail,) = web.mails
    never = link_in(mail, "never")
    page = await web.get(never)
    assert READER in page.text
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert web.app.store.subscribers.find(READER)
    assert (await web.press(never)).status_code == 200
    assert web.app.store.subscribers.find(READER) is None
    web.clock.move(days=2)
    assert (await web.subscribe()).status_code == 200
    assert len(web.mails) == 1
    assert (await web.get(never)).status_code == 200
    assert (await web.get("/never/k000-1-abc")).status_code == 404


# --- files -----------------------------------------------------------------------------------


async def test_a_file_counts_once_confirmed(web: Trial) -> None:
    answer = await web.subscribe(files={"library": ("my.bib", BIBTEX)})
    assert "2 papers read from your file, 1 left out" in answer.text
    assert "line 5: it has no title" in answer.text
    ada = web.app.store.subscribers.by_email(READER)
    seeds = ada.profiles[0].seed_papers
    assert len(seeds) == 2
    assert own_uploads(web.app.store, ada) == {}
    await web.post(link_in(web.mails[0], "confirm"))
    assert own_uploads(web.app.store, ada).keys() == set(seeds)
    assert web.app.store.papers.by_keys(seeds) == {}


async def test_a_file_that_cannot_be_read_loses_nothing(web: Trial) -> None:
    answer = await web.subscribe(files={"library": ("x.pdf", b"%PDF\0")}, keywords="kept")
    assert answer.status_code == 422
    problem = answer.text.partition('id="library-problem">')[2].partition("</p>")[0]
    assert "“x.pdf”: it is a PDF" in problem
    assert "kept</textarea>" in answer.text
    assert nobody_came(web)


async def test_a_file_beside_a_mistake_is_kept_as_text(web: Trial) -> None:
    answer = await web.subscribe(files={"library": ("my.bib", BIBTEX)}, hour="99")
    assert "On my own work\narXiv:2301.00001</textarea>" in answer.text
    carried = answer.text.partition('name="carried" value="')[2].partition('"')[0]
    titles = "On my own work\narXiv:2301.00001"
    await web.subscribe(carried=carried, seed_papers=titles)
    await web.post(link_in(web.mails[0], "confirm"))
    ada = web.app.store.subscribers.by_email(READER)
    seeds, found = ada.profiles[0].seed_papers, own_uploads(web.app.store, ada)
    assert [found[key].abstract for key in seeds] == ["Rivers and deltas.", ""]


async def test_a_library_of_a_few_megabytes_is_read(web: Trial) -> None:
    entry = "@misc{{k{0}, title={{On rivers, part {0}}}, abstract={{{1}}}}}\n"
    large = "".join(entry.format(n, "word " * 400) for n in range(2_050)).encode()
    assert 4_000_000 < len(large) < LARGEST
    answer = await web.subscribe(files={"library": ("my.bib", large)}, hour="99")
    assert "only the first 2,000 entries are read" in answer.text


async def test_a_file_that_is_too_large_is_named_with_the_limit(web: Trial) -> None:
    answer = await web.subscribe(files={"library": ("my.bib", b" " * (LARGEST + 1))})
    assert "“my.bib”: it has 6 MB; the limit is 5 MB" in answer.text
    assert 'name="keywords"' in answer.text  # the form is kept


async def test_so_is_one_that_is_larger_than_a_form(web: Trial) -> None:
    answer = await web.subscribe(files={"library": ("my.bib", b" " * (LARGEST_FORM + 1))})
    assert answer.status_code == 413
    assert "“my.bib” is larger than the limit of 5 MB" in answer.text
    assert "too much text" not in answer.text


# --- the preview -----------------------------------------------------------------------------


@pytest.fixture
async def rivers(web: Trial) -> Trial:
    """Pages of a service that has had papers this week."""
    papers = [
        Paper(key=f"test:{n}", title=f"Rivers of kind {n}", abstract=f"Delta {n} <b> & more.")
        for n in range(3)
    ]
    others = [Paper(key=f"test:o{n}", title=f"Graphs of sort {n}") for n in range(30)]
    web.app.store.papers.add([*papers, *others], web.clock())
    web.app.previews.ready()
    return web


async def preview(web: Trial, **changed: object) -> httpx.Response:
    filled = {"form_token": web.form_token(0), "keywords": "rivers", "seed_papers": ""} | changed
    files = filled.pop("files", None)
    return await web.post("/subscribe/preview", filled, files=files, headers={"X-Fragment": "1"})


async def test_a_preview_has_papers_and_reasons(rivers: Trial) -> None:
    answer = (await preview(rivers)).text
    assert 'data-stage="found"' in answer
    assert (
        "3 of the 33 papers of the last seven days match. All would have come in one email."
        in answer
    )
    assert answer.count("<mark>Rivers</mark>") == 3
    assert "matches rivers" in answer
    assert "<html" not in answer
    assert nobody_came(rivers)


async def test_the_button_shows_the_whole_form_again(rivers: Trial) -> None:
    form = await rivers.filled(keywords="rivers", email="", weekdays=["6"])
    answer = await rivers.post("/subscribe/preview", form)
    assert answer.status_code == 200
    assert "rivers</textarea>" in answer.text
    assert "<mark>Rivers</mark>" in answer.text
    assert answer.text.count(" checked>") == 2
    assert 'role="alert"' not in answer.text  # nobody is blamed for a missing address


@pytest.mark.parametrize(
    ("changed", "stage", "told"),
    [
        ({"keywords": ""}, "trending", "you get trending papers"),
        ({"keywords": "zeppelin"}, "nothing", "None of the 33 papers"),
        ({"categories": "<b>"}, "found", "is not a category"),
        ({"seed_papers": "Unheard of"}, "found", "know the paper"),
        ({"seed_papers": "2301.00001"}, "found", "1 of your example papers is new to us"),
    ],
)
async def test_a_preview_tells_what_is_wrong(
    rivers: Trial, changed: dict[str, object], stage: str, told: str
) -> None:
    answer = await preview(rivers, **changed)
    assert f'data-stage="{stage}"' in answer.text
    assert told in answer.text


async def test_a_preview_before_the_week_is_read_says_so(web: Trial) -> None:
    read = threading.Event()

    def make(papers: Sequence[Paper], background: Sequence[Paper]) -> Model:
        assert read.wait(LONG)
        return Model(papers, background)

    web.app.__dict__["previews"] = PreviewService(web.app.store, make, web.clock)
    assert 'data-stage="waiting"' in (await preview(web)).text
    read.set()
    web.app.previews.close()
    assert 'data-stage="no-papers"' in (await preview(web)).text


async def test_a_file_becomes_text_and_suggestions(rivers: Trial) -> None:
    answer = (await preview(rivers, files={"library": ("my.bib", BIBTEX)})).text
    assert "2 papers read from your file" in answer
    lines = answer.partition('data-fill="seed_papers"')[2].partition(">")[2]
    assert lines.startswith("\nOn my own work\narXiv:2301.00001</textarea>")
    assert 'data-fill="carried"' in answer


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"categories": "computer vision"}, "Did you mean cs.CV"),
        ({"categories": "vision"}, "Did you mean cs.CV"),
        ({"categories": "cs.CL, neuroscience"}, "“neuroscience” is not a category"),
        ({"categories": "cs.XX"}, "“cs.XX” is not a category"),
        ({"authors": "ada@example.org"}, "is not a full name"),
        ({"keywords": "the, of, a"}, "appears in nearly every paper"),
        ({"email": "me@localhost"}, 'id="email-problem"'),
        ({"seed_papers": "Unheard of\nNever written"}, "“Unheard of”, “Never written”"),
    ],
)
async def test_useless_input_is_told_before_any_mail(
    rivers: Trial, changed: dict[str, object], told: str
) -> None:
    rivers.app.search_service.follow()
    answer = await rivers.subscribe(**changed)
    assert answer.status_code == 422
    assert told in answer.text
    assert nobody_came(rivers)
    if "email" not in changed:
        assert told in (await preview(rivers, **changed)).text


async def test_categories_of_papers_that_are_here_are_known(rivers: Trial) -> None:
    paper = Paper(key="test:c", title="Neurons", categories=("neuroscience", "geo.river"))
    rivers.app.store.papers.add([paper], rivers.clock())
    rivers.app.search_service.follow()
    answer = await preview(rivers, categories="neuroscience, geo, geo.*, geo.river, cs.CL")
    assert "is not a category" not in answer.text


async def test_a_suggestion_is_added_by_its_button(rivers: Trial) -> None:
    form = await rivers.filled(keywords='ice, "sea ice"', add="delta sediments")
    answer = (await rivers.post("/subscribe/preview", form)).text
    assert "ice, &#34;sea ice&#34;, delta sediments</textarea>" in answer


async def test_previews_are_for_visitors_of_the_form(rivers: Trial) -> None:
    assert (await preview(rivers, form_token="")).status_code == 400
    assert (await preview(rivers, website="x")).status_code == 400


async def test_previews_have_a_limit_of_their_own(rivers: Trial) -> None:
    key = rivers.app.store.salt.hash("preview:203.0.113.5")
    with rivers.app.store.database.writing() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO rate (key, since, count) VALUES (?, ?, 600)",
            (key, "2026-11-20 05:00:00"),
        )
    assert (await preview(rivers)).status_code == 429
    assert (await rivers.subscribe()).status_code == 200


@pytest.mark.parametrize("field", ["keywords", "interests", "seed_papers", "add", "carried"])
async def test_a_hostile_preview_is_escaped(rivers: Trial, field: str) -> None:
    form = await rivers.filled(**{field: HOSTILE})
    page = (await rivers.post("/subscribe/preview", form)).text
    alone = (await preview(rivers, **{field: HOSTILE})).text
    for text in (page, alone):
        assert "<script>alert" not in text
        assert "<img" not in text


# --- the form elsewhere ----------------------------------------------------------------------


async def test_the_form_can_be_copied(web: Trial) -> None:
    page = (await web.get("/embed")).text
    assert "&lt;form action=&#34;http://digest.test/subscribe&#34; method=&#34;get&#34;&gt;" in page
    assert "/embed" in (await web.get("/help")).text


async def test_a_copied_form_fills_in_all(web: Trial) -> None:
    query = {
        "email": "a@b.example",
        "keywords": "quark",
        "interests": "Hadrons.",
        "seed_papers": "2301.00001",
        "categories": "hep-ph",
        "excluded_keywords": "glue",
        "timezone": "Europe/Rome",
    }
    page = (await web.get("/subscribe", params=query)).text
    assert all(value in page for value in query.values())
    assert nobody_came(web)


async def test_an_upload_has_no_page(web: Trial) -> None:
    web.app.store.uploads.add(7, [Paper(key="doi:10.1000/x", title="Buy now", abstract="Spam.")])
    for path in ("doi:10.1000/x", "uploads/7/doi:10.1000/x", "?q=10.1000/x", "?q=Buy+now"):
        answer = await web.get(f"/papers/{path}".replace("/?", "?"))
        assert "<mark>" not in answer.text
        assert "Spam." not in answer.text


# --- what a file may cost and whose it is ----------------------------------------------------


async def test_no_file_is_read_of_a_form_not_made_here(web: Trial) -> None:
    answer = await web.subscribe(form_token="", files={"library": ("my.bib", BIBTEX)})
    assert answer.status_code == 422
    assert "Rivers again" not in answer.text
    assert "2301.00001" not in answer.text


async def test_forms_are_read_a_limited_number_of_times(web: Trial) -> None:
    key = web.app.store.salt.hash("read:203.0.113.5")
    for _ in range(120):
        web.app.store.rate_limits.allow(key, 120, timedelta(hours=1), web.clock())
    answer = await web.subscribe(hour="99", files={"library": ("my.bib", BIBTEX)})
    assert answer.status_code == 429
    assert nobody_came(web)


async def test_a_link_brings_no_upload(web: Trial) -> None:
    carried = packed([Paper(key="library:abc", title="Buy now")])
    page = (await web.get("/subscribe", params={"carried": carried, "keywords": "ice"})).text
    assert carried not in page
    posted = await web.subscribe(carried=carried, form_token="")
    assert carried not in posted.text
    assert "ice</textarea>" in page


async def test_the_private_paper_of_another_teaches_no_visitor(rivers: Trial) -> None:
    secret = Paper(key="doi:10.1000/x", title="Rivers", abstract="Delta sediments. " * 20)
    rivers.app.store.uploads.add(7, [secret])
    alone = (await preview(rivers, keywords="", seed_papers="10.1000/x")).text
    assert "1 of your example papers is new to us" in alone
    assert "elta sediments" not in alone


async def test_the_confirm_page_says_what_was_asked(web: Trial) -> None:
    await web.subscribe(keywords="ice, <b>snow", hour="9")
    page = (await web.get(link_in(web.mails[0], "confirm"))).text
    assert "Keywords: ice, &lt;b&gt;snow" in page
    assert "Sent at 09:00 (Europe/Rome)" in page


async def test_who_was_imported_with_an_address_only_confirms_and_chooses(web: Trial) -> None:
    ada = web.app.subscriptions.add(READER, [], Schedule(), web.clock(), active=False)
    confirm = path_of(web.app.links.confirm(ada.stored_id, 0, web.clock()))
    assert "Nothing is chosen yet" in (await web.get(confirm)).text
    welcome = await web.press(confirm)
    assert welcome.status_code == 200
    assert '<details class="sheet fold" open>' in welcome.text
    await web.press(f"{web.preferences(ada)}/profiles", {"name": "Ice", "keywords": "sea ice"})
    (profile,) = web.again(ada).profiles
    assert (profile.keywords, web.again(ada).status) == (("sea ice",), SubscriberStatus.ACTIVE)


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({"keywords": "zeppelin"}, "Try a more common word, or describe what you work on"),
        ({"keywords": "zeppelin", "categories": "cs.CL"}, "more categories"),
        ({"keywords": "", "authors": "Ada Lovelace"}, "The authors you follow had no new papers"),
        ({"keywords": "", "seed_papers": "2301.00001"}, "Add more papers you like"),
    ],
)
async def test_advice_names_only_what_the_profile_has(
    rivers: Trial, changed: dict[str, object], advice: str
) -> None:
    answer = html.unescape((await preview(rivers, **changed)).text)
    assert 'data-stage="nothing"' in answer
    assert advice in answer


async def test_trending_papers_are_previewed_beside_those_that_match(rivers: Trial) -> None:
    answer = (await preview(rivers, trending="3")).text
    assert 'data-stage="found"' in answer
    assert "And 3 trending papers" in answer
    assert "And 3 trending papers" not in (await preview(rivers)).text
