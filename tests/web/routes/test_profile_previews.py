"""A profile is tried before it is saved: what it would have brought, on one's own page."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from web_apps import Trial, trial

from digestmail.domain import Feedback, Paper, Profile, Schedule, Subscriber, Verdict
from digestmail.web.shared.rate_limits import PREVIEWS

BIBTEX = b"@misc{one, title={My own work on delta sediments}, author={Doe, Jane}}"
MINE = "My own work on delta sediments"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    """A service that has had papers this week."""
    async with trial(tmp_path) as opened:
        rivers = [
            Paper(key=f"test:{n}", title=f"Rivers of kind {n}", abstract=f"Delta sediments {n}.")
            for n in range(3)
        ]
        others = [Paper(key=f"test:o{n}", title=f"Graphs of sort {n}") for n in range(30)]
        opened.app.store.papers.add([*rivers, *others], opened.clock())
        opened.app.previews.ready()
        yield opened


def profile_path(web: Trial, ada: Subscriber) -> str:
    return f"{web.preferences(ada)}/profiles/{web.again(ada).profiles[0].id}"


async def tried(web: Trial, ada: Subscriber, **fields: str) -> httpx.Response:
    """The preview alone, as the script asks for it."""
    path = f"{profile_path(web, ada)}/preview"
    return await web.post(path, {"keywords": "rivers"} | fields, headers={"X-Fragment": "1"})


async def test_a_changed_profile_is_shown_and_nothing_saved(web: Trial) -> None:
    ada = web.joined()
    web.app.subscriptions.save_profile(ada, Profile(name="Other", keywords=("ice",)))
    before = web.again(ada)
    fields = {"name": "New", "keywords": "rivers", "max_papers": "2"}
    page = (await web.post(f"{profile_path(web, ada)}/preview", fields)).text
    assert page.count("<mark>Rivers</mark>") == 3
    assert "The best 2 would have come in one email." in page
    assert "rivers</textarea>" in page
    assert page.count('<details class="sheet fold" open>') == 1
    assert web.again(ada) == before


async def test_the_script_gets_the_preview_alone(web: Trial) -> None:
    ada = web.joined()
    answer = (await tried(web, ada)).text
    assert 'data-stage="found"' in answer
    assert "matches rivers" in answer
    assert "<html" not in answer


async def test_a_weekly_mail_is_one_mail(web: Trial) -> None:
    ada = web.joined()
    web.app.store.papers.add([Paper(key="test:y", title="Rivers of May")], web.clock())
    web.clock.move(days=1)
    web.app.store.papers.add([Paper(key="test:z", title="Rivers of June")], web.clock())
    web.app.previews.ready()
    assert "Each of your 2 daily emails would have had about 2." in (await tried(web, ada)).text
    web.app.subscriptions.reschedule(ada, Schedule(weekdays=frozenset({5})), web.clock())
    assert (
        "5 of the 35 papers of the last seven days match. All would have come in one email."
        in (await tried(web, ada)).text
    )
    assert (
        "The best 2 would have come in one email." in (await tried(web, ada, max_papers="2")).text
    )


async def test_a_new_profile_is_tried_before_it_has_a_name(web: Trial) -> None:
    path = f"{web.preferences(web.joined())}/preview"
    page = (await web.post(path, {"name": "", "keywords": "rivers"})).text
    assert page.count("<mark>Rivers</mark>") == 3
    assert 'id="profile-new-name-problem"' not in page


async def test_what_is_wrong_is_told_beside_its_field(web: Trial) -> None:
    ada = web.joined()
    fields = {"keywords": "rivers", "categories": "<b>"}
    page = (await web.post(f"{profile_path(web, ada)}/preview", fields)).text
    assert f'id="profile-{ada.profiles[0].id}-categories-problem"' in page
    assert "<mark>Rivers</mark>" in page


async def test_a_suggestion_becomes_a_keyword(web: Trial) -> None:
    ada = web.joined()
    fields = {"keywords": "rivers", "add": "delta sediments"}
    page = (await web.post(f"{profile_path(web, ada)}/preview", fields)).text
    assert "rivers, delta sediments</textarea>" in page


async def test_what_one_said_counts_for_one_s_own_profile(web: Trial) -> None:
    ada = web.joined(keywords=(), interests="Sediments")
    digest = web.digest(ada, Paper(key="test:0", title="Rivers of kind 0"))
    (item,) = digest.items
    said = Feedback(ada.stored_id, item.profile_id, item.paper.stored_id, Verdict.MORE, web.clock())
    assert "which you liked" not in (await tried(web, ada)).text
    web.app.store.feedback.give(said)
    assert "which you liked" in (await tried(web, ada)).text


async def upload(web: Trial, ada: Subscriber) -> None:
    fields = {"name": "Ice", "keywords": "ice"}
    files = {"library": ("mine.bib", BIBTEX)}
    answer = await web.post(profile_path(web, ada), fields, files=files)
    assert answer.status_code == 303


async def test_a_paper_of_one_s_own_file_is_shown_by_its_title(web: Trial) -> None:
    ada = web.joined()
    await upload(web, ada)
    saved = web.again(ada).profiles[0].seed_papers
    page = (await web.get(web.preferences(ada))).text
    assert saved[0].startswith("library:")
    assert f"{MINE}</textarea>" in page
    assert "library:" not in page
    fields = {"name": "Ice", "keywords": "ice", "seed_papers": MINE}
    assert (await web.post(profile_path(web, ada), fields)).status_code == 303
    assert web.again(ada).profiles[0].seed_papers == saved


async def test_nobody_else_finds_it(web: Trial) -> None:
    ada, eve = web.joined(), web.joined("eve@example.org")
    await upload(web, ada)
    answer = await web.post(profile_path(web, eve), {"keywords": "ice", "seed_papers": MINE})
    assert answer.status_code == 422
    assert "know the paper" in answer.text


async def test_previews_have_a_limit(web: Trial) -> None:
    rate_limits, ada = web.app.store.rate_limits, web.joined()
    key = web.app.store.salt.hash(f"{PREVIEWS.name}:203.0.113.5")
    for _ in range(PREVIEWS.per_network - 1):
        rate_limits.allow(key, PREVIEWS.per_network, timedelta(hours=1), web.clock())
    assert (await tried(web, ada)).status_code == 200
    assert (await tried(web, ada)).status_code == 429
