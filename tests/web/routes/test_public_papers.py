"""The public pages: trending, search, a paper, feeds; what caches and crawlers get; abuse."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]
import httpx
import pytest
from pydantic import SecretStr
from web_apps import HOSTILE, Trial, Watch, trial

from digestmail.app import App
from digestmail.config import MailSettings, Settings
from digestmail.domain import Paper
from digestmail.services.search import SearchPatience, SearchService
from digestmail.web.application import make_web
from digestmail.web.routes.search import subscribe_query
from digestmail.web.shared.rate_limits import TokenBuckets
from digestmail.web.views.paper_list import PaperListView

ICE = Paper(
    key="arxiv:2611.00001",
    title="Melting ice sheets",
    abstract="Ice melts in the sea. " * 40,
    authors=("Lise Meitner", "Otto Hahn"),
    categories=("physics.ao-ph", "cs.LG"),
    url="https://arxiv.org/abs/2611.00001",
    doi="10.1000/ice.1",
    upvotes=3,
)
SAND = Paper(key="test:sand", title="Wandering sand dunes", abstract="Ice is not meant.", upvotes=9)
EVIL = Paper(
    key="test:evil",
    title=HOSTILE,
    abstract=f"{HOSTILE} \x00\x1b\u202e {HOSTILE}",
    authors=(HOSTILE, "\x07"),
    categories=(HOSTILE,),
    url="javascript:alert(1)",
    doi=HOSTILE,
)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    """A site with two papers of today."""
    async with trial(tmp_path) as opened:
        opened.app.store.papers.add([ICE, SAND], opened.clock() - timedelta(hours=1))
        yield opened


async def text(web: Trial, path: str, **params: str) -> str:
    answer = await web.get(path, params=params or None)
    assert answer.status_code == 200
    return answer.text


def order(page: str) -> list[str]:
    """The titles in a list."""
    return [name for name in sorted(("ice sheets", "sand dunes"), key=page.find) if name in page]


# --- trending --------------------------------------------------------------------------------


async def test_the_first_page_shows_todays_most_upvoted(web: Trial) -> None:
    page = await text(web, "/")
    assert '<h1 class="part">Trending papers today</h1>' in page
    assert order(page) == ["sand dunes", "ice sheets"]
    assert "9 upvotes" in page
    assert 'href="/papers/arxiv:2611.00001"' in page
    assert 'href="https://arxiv.org/abs/2611.00001"' in page
    assert page.count("<h1") == 1


async def test_lists_are_switched_by_links(web: Trial) -> None:
    web.app.store.papers.add([Paper(key="test:x", title="Newest of all")], web.clock())
    page = await text(web, "/", span="week", order="newest")
    assert page.index("Newest of all") < page.index("sand dunes")
    assert "This week’s papers</h1>" in page
    assert 'href="/?span=week"' in page
    assert 'href="/?span=today&amp;order=newest"' in page


async def test_a_day_without_papers_shows_the_week(web: Trial) -> None:
    web.clock.move(days=2)
    page = await text(web, "/")
    assert "No new papers today so far." in page
    assert "Melting ice" in page
    assert "Melting ice" not in await text(web, "/", span="today")


async def test_the_first_page_leads_to_the_personal_form(web: Trial) -> None:
    assert '<a href="/subscribe">make it personal</a>' in await text(web, "/")
    assert "ice cores</textarea>" in await text(web, "/subscribe", keywords="ice cores")


async def test_categories_with_counts_filter_the_list(web: Trial) -> None:
    page = await text(web, "/")
    assert page.index("physics.ao-ph <span") < page.index("cs.LG <span")  # the primary one first
    assert order(await text(web, "/", category="cs.LG")) == ["ice sheets"]
    assert "No papers in cs.XX today." in await text(web, "/", category="cs.XX")


async def test_an_empty_site_is_friendly(tmp_path: Path) -> None:
    async with trial(tmp_path) as web:
        assert "No papers in the last seven days." in await text(web, "/")
        assert "Nothing found" in await text(web, "/papers", q="ice")
        assert (await web.get("/papers.atom")).status_code == 200


async def test_lists_have_pages(web: Trial) -> None:
    many = [Paper(key=f"test:{n}", title=f"Ice core number {n}") for n in range(30)]
    web.app.store.papers.add(many, web.clock())
    first, second = await text(web, "/"), await text(web, "/", page="2")
    assert first.count("<article") == 20
    assert second.count("<article") == 12
    assert 'rel="next" href="/?page=2"' in first
    assert 'rel="prev" href="/"' in second
    assert (await text(web, "/", page="99")).count("<article") == 12
    found = await text(web, "/papers", q="ice core")
    assert 'href="/papers?q=ice+core&amp;page=2"' in found
    assert "no more papers" in await text(web, "/papers", q="ice core", page="9")


# --- search ----------------------------------------------------------------------------------


async def test_words_are_found_and_marked(web: Trial) -> None:
    page = await text(web, "/papers", q="melting ICE")
    assert order(page)[0] == "ice sheets"
    assert "<mark>Melting ice</mark> sheets" in page
    assert "1 paper for" in await text(web, "/papers", q="melting sheets", order="newest")
    assert "<mark>Ice</mark> <mark>melts</mark> in the sea." in page  # of the same family


async def test_authors_are_found_with_initials(web: Trial) -> None:
    assert order(await text(web, "/papers", q="L. Meitner")) == ["ice sheets"]
    page = await text(web, "/papers", q='"Otto Hahn"')
    assert "/subscribe?authors=Otto+Hahn" in page


async def test_filters_and_sorting(web: Trial) -> None:
    old = Paper(key="test:old", title="Ice ages", categories=("cs.LG",))
    web.app.store.papers.add([old], web.clock() - timedelta(days=20))
    assert "</mark> ages" in await text(web, "/papers", q="ice", since="month")
    assert "</mark> ages" not in await text(web, "/papers", q="ice", since="week")
    page = await text(web, "/papers", q="ice", order="newest", category="cs.LG")
    assert page.index("ice</mark> sheets") < page.index("</mark> ages")
    assert "<option selected>cs.LG</option>" in page


@pytest.mark.parametrize(
    "name",
    [
        "2611.00001",
        "arXiv:2611.00001v2",
        "https://arxiv.org/pdf/2611.00001v1",
        "10.1000/ICE.1",
        "https://doi.org/10.1000/ice.1",
        " 2611.00001 ",
    ],
)
async def test_the_name_of_a_paper_leads_to_it(web: Trial, name: str) -> None:
    answer = await web.get("/papers", params={"q": name})
    assert answer.status_code == 302
    assert answer.headers["location"] == "/papers/arxiv:2611.00001"


async def test_a_paper_that_is_not_here_is_offered_elsewhere(web: Trial) -> None:
    assert "https://arxiv.org/abs/2611.99999" in await text(web, "/papers", q="2611.99999")
    assert "https://doi.org/10.1000/elsewhere" in await text(web, "/papers", q="10.1000/elsewhere")


async def test_nothing_found_gives_hints(web: Trial) -> None:
    assert "Double quotes" in await text(web, "/papers", q="zebra")
    assert "Double quotes" in await text(web, "/papers")
    page = await text(web, "/papers", q="melting ice zebra")
    assert "No paper has all of these words. These are the closest." in page
    assert order(page)[0] == "ice sheets"


async def test_the_nearest_follow_what_has_all_words(web: Trial) -> None:
    page = await text(web, "/papers", q="melting ice")
    assert order(page) == ["ice sheets", "sand dunes"]
    assert "1 paper has all of these words, followed by the closest others." in page
    assert "the nearest" not in await text(web, "/papers", q="dunes", order="newest")


async def test_what_is_not_wanted_is_left_out(web: Trial) -> None:
    assert order(await text(web, "/papers", q="ice -sheets")) == ["sand dunes"]
    assert order(await text(web, "/papers", q='ice -"wandering sand"')) == ["ice sheets"]


def listed(**values: str) -> PaperListView:
    """A list that an address asks for."""
    return PaperListView("", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("view", "person", "query"),
    [
        (listed(q="sparse autoencoder"), False, "keywords=sparse+autoencoder"),
        (
            listed(q="“chain of thought” ice"),
            False,
            "keywords=%22chain+of+thought%22+AND+ice",
        ),
        (
            listed(q="how ice cores form", category="cs.LG"),
            False,
            "interests=how+ice+cores+form&categories=cs.LG",
        ),
        (
            listed(q="ice AND (snow OR fog*) NOT sea"),
            False,
            "keywords=ice+AND+%28snow+OR+fog%2A%29&excluded_keywords=sea",
        ),
        (listed(q="ice cores, salt"), False, "keywords=ice+cores%2C+salt"),
        (
            listed(q="ice -snow NOT fog"),
            False,
            "keywords=ice&excluded_keywords=snow%2C+fog",
        ),
        (
            listed(q='ice -"sea level"'),
            False,
            "keywords=ice&excluded_keywords=%22sea+level%22",
        ),
        (listed(q='"Otto Hahn"'), True, "authors=Otto+Hahn"),
        (listed(category="cs.LG"), False, "categories=cs.LG"),
        (listed(), False, ""),
    ],
)
def test_a_search_fills_the_form(view: PaperListView, person: bool, query: str) -> None:
    assert subscribe_query(view, person=person) == query


# --- a paper ---------------------------------------------------------------------------------


async def test_a_paper_has_a_page_with_all_that_is_known(web: Trial) -> None:
    page = await text(web, "/papers/arxiv:2611.00001")
    assert "<title>Melting ice sheets · Paper Post</title>" in page
    for name, content in {
        "citation_title": "Melting ice sheets",
        "citation_author": "Otto Hahn",
        "citation_doi": "10.1000/ice.1",
        "citation_arxiv_id": "2611.00001",
    }.items():
        assert f'<meta name="{name}" content="{content}">' in page
    assert 'rel="canonical" href="http://digest.test/papers/arxiv:2611.00001"' in page
    assert "@misc{meitner" in page
    assert 'href="/papers?q=%22Lise+Meitner%22"' in page
    assert "/subscribe?seed_papers=2611.00001" in page


async def test_a_paper_is_shown_in_the_direction_of_its_letters(web: Trial) -> None:
    paper = Paper(key="test:he", title="מבוא לגרפים.", abstract="מאמר על graph networks.")
    web.app.store.papers.add([paper], web.app.clock())
    page = await text(web, "/papers/test:he")
    assert '<h1 dir="auto">מבוא לגרפים.</h1>' in page
    assert '<p class="abstract" dir="auto">מאמר' in page
    listed = await text(web, "/papers", q="graph networks")
    assert re.search('<h[2-4] class="entry-title" dir="auto">[^\n]*מבוא', listed)


async def test_similar_papers_are_named(web: Trial) -> None:
    other = Paper(key="test:o", title="Ice sheets melt faster", abstract="Melting ice.")
    filler = [Paper(key=f"test:{n}", title=f"Topic{n} of others") for n in range(9)]
    web.app.store.papers.add([other, *filler], web.clock())
    similar = (await text(web, "/papers/arxiv:2611.00001")).partition("Similar papers")[2]
    assert "Ice sheets melt faster" in similar
    assert "Topic3" not in similar


@pytest.mark.parametrize("name", ["2611.00001", "arXiv:2611.00001v2", "doi:10.1000/ice.1"])
async def test_other_names_lead_to_the_key(web: Trial, name: str) -> None:
    answer = await web.get(f"/papers/{name}")
    assert answer.status_code == 308
    assert answer.headers["location"] == "/papers/arxiv:2611.00001"


@pytest.mark.parametrize(
    "path", ["nope:1", "", "x" * 5000, "%00%07", "%3Cscript%3E", "2611.00009", "../../etc/passwd"]
)
async def test_an_unknown_paper_is_told_kindly(web: Trial, path: str) -> None:
    answer = await web.get(f"/papers/{path}")
    assert answer.status_code == 404
    assert "<h1" in answer.text
    assert "<script>" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


# --- feeds -----------------------------------------------------------------------------------


async def test_a_search_is_an_atom_feed(web: Trial) -> None:
    answer = await web.get("/papers.atom?q=ice")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.feed.title == "Paper Post: ice"
    assert {link.rel: link.href for link in feed.feed.links} == {
        "self": "http://digest.test/papers.atom?q=ice",
        "alternate": "http://digest.test/papers?q=ice",
    }
    assert feed.entries[-1].id == "http://digest.test/papers/arxiv:2611.00001"
    assert feed.entries[-1].author_detail.name in ICE.authors
    assert feed.entries[-1].updated_parsed


async def test_a_search_is_a_json_feed(web: Trial) -> None:
    answer = await web.get("/papers.json", params={"q": "melting ice"})
    assert answer.headers["content-type"].startswith("application/feed+json")
    feed = json.loads(answer.text)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    (item,) = feed["items"]
    assert item["title"] == "Melting ice sheets"
    assert item["authors"] == [{"name": "Lise Meitner"}, {"name": "Otto Hahn"}]
    assert item["date_published"] == "2026-11-20T04:00:00Z"


async def test_a_feed_is_newest_first_and_strict(web: Trial) -> None:
    web.app.store.papers.add([Paper(key="test:n", title="Ice now")], web.clock())
    items = (await web.get("/papers.json?q=ice")).json()["items"]
    assert items[0]["title"] == "Ice now"
    assert (await web.get("/papers.json?q=ice+zebra")).json()["items"] == []
    assert len((await web.get("/papers.json")).json()["items"]) == 3


@pytest.mark.parametrize("path", ["/", "/papers?q=ice&category=cs.LG"])
async def test_feeds_are_discovered(web: Trial, path: str) -> None:
    page = await text(web, path)
    query = path.partition("?")[2].replace("&", "&amp;")
    for ending in ("atom", "json"):
        assert f'href="/papers.{ending}{"?" + query if query else ""}"' in page


# --- caches ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/papers?q=ice", "/papers/test:sand", "/papers.atom?q=ice"])
async def test_what_has_not_changed_is_not_sent_again(web: Trial, path: str) -> None:
    web.app.search_service.follow()
    first = await web.get(path)
    assert first.headers["cache-control"] == "public, max-age=60"
    tag = first.headers["etag"]
    again = await web.get(path, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await web.get(path, headers={"If-None-Match": '"x"'})).status_code == 200
    head = await web.client.head(path)
    assert (head.status_code, head.headers["etag"]) == (200, tag)
    assert head.headers["content-length"] == first.headers["content-length"]


async def test_no_tag_makes_a_page_of_none(web: Trial) -> None:
    web.app.search_service.follow()
    tags = [(await web.get(path)).headers["etag"] for path in ("/", "/papers?q=ice")]
    assert len(set(tags)) == 2
    for path in ("/papers/test:none", "/papers?q=sand", "/papers/test:sand"):
        answer = await web.get(path, headers={"If-None-Match": ", ".join(tags)})
        assert answer.status_code == (404 if path.endswith("none") else 200)


@pytest.mark.parametrize("path", ["/papers.json?category=cs.CL", "/papers.atom?q=ice"])
async def test_a_feed_is_not_there_before_the_index_is(
    web: Trial, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    web.app.search_service = SearchService(web.app.store, patience=SearchPatience(first_index=0))
    monkeypatch.setattr(web.app.search_service, "start", lambda: None)
    answer = await web.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_304_does_no_work(web: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = (await web.get("/")).headers["etag"]
    monkeypatch.setattr("digestmail.web.routes.trending._trending", None)
    assert (await web.get("/", headers={"If-None-Match": tag})).status_code == 304


async def test_the_tag_changes_with_papers_votes_and_hours(web: Trial) -> None:
    tags = [(await web.get("/")).headers["etag"]]
    changes = [Paper(key="test:new", title="New"), Paper(key="test:sand", title="S", upvotes=10)]
    for change in changes:
        web.app.store.papers.add([change], web.clock())
        web.app.__dict__.pop("trending")  # it looks every few seconds only
        tags.append((await web.get("/")).headers["etag"])
    web.clock.move(hours=1)
    tags.append((await web.get("/")).headers["etag"])
    assert len(set(tags)) == 4


async def test_public_pages_may_be_indexed_but_no_searches(web: Trial) -> None:
    robots = (await web.get("/robots.txt")).text
    assert "Disallow: /papers?\n" in robots
    assert "Disallow: /\n" not in robots
    assert "x-robots-tag" not in (await web.get("/papers/test:sand")).headers


# --- abuse -----------------------------------------------------------------------------------


QUERIES = [
    {"q": "x" * 10_000},
    {"q": "ice " * 2_500},
    {"q": "\x00\x1b\ud7ff\uffff"},
    {"q": HOSTILE},
    {"q": '"' * 99},
    {"q": "%_\\'; DROP TABLE paper; --"},
    *({"q": "ice", "page": page} for page in ("-1", "0", "1e9", "9" * 400, "٣", HOSTILE)),
    {"category": HOSTILE},
    {"category": "\x00"},
    {"span": "never", "order": "worst", "since": HOSTILE, "page": ""},
]


@pytest.mark.parametrize("path", ["/", "/papers"])
async def test_hostile_queries_get_a_friendly_page(web: Trial, path: str) -> None:
    for query in QUERIES:
        page = await text(web, path, **query)
        assert page.count("<h1") == 1
        assert "<script>alert" not in page


async def test_hostile_queries_get_a_valid_feed(web: Trial) -> None:
    for query in QUERIES:
        assert (await web.get("/papers.json", params=query)).json()["version"]
        answer = await web.get("/papers.atom", params=query)
        assert not feedparser.parse(answer.content).bozo


async def test_hostile_papers_break_nothing(web: Trial) -> None:
    web.app.store.papers.add([EVIL], web.clock())
    for path in ("/", "/papers?q=alert", "/papers/test:evil"):
        page = await text(web, path)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert 'href="javascript:' not in page
    assert not feedparser.parse((await web.get("/papers.atom?q=alert")).content).bozo
    assert len((await web.get("/papers.json?q=alert")).json()["items"]) == 1


async def test_a_repeated_or_broken_query_is_no_trouble(web: Trial) -> None:
    for raw in ("q=a&q=b", "q=%ff%fe", "q", "&&&=", "q=%zz", "page=%00"):
        assert (await web.get(f"/papers?{raw}")).status_code == 200


async def test_a_network_that_asks_too_fast_waits(tmp_path: Path) -> None:
    async with small_buckets(tmp_path, burst=3) as client:
        answers = [await client.get(path) for path in ("/", "/papers", "/papers.atom", "/")]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["retry-after"] == "2"
        assert "Too many requests" in answers[-1].text
        assert (await client.get("/help")).status_code == 200


@asynccontextmanager
async def small_buckets(folder: Path, **limits: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with trial(folder) as opened:
        site = make_web(opened.app)
        buckets = TokenBuckets(per_second=0.5, monotonic=lambda: 0.0, **limits)
        object.__setattr__(site.state.public_cache, "buckets", buckets)
        transport = httpx.ASGITransport(site)
        async with httpx.AsyncClient(transport=transport, base_url="http://digest.test") as client:
            yield client


def test_buckets_fill_again_each_for_itself() -> None:
    seconds = [0.0]
    buckets = TokenBuckets(burst=2, per_second=0.1, monotonic=lambda: seconds[0])
    assert [buckets.wait("a") for _ in range(3)] == [0, 0, 10]
    assert buckets.wait("b") == 0
    seconds[0] += 10
    assert [buckets.wait("a") for _ in range(2)] == [0, 10]


# --- both databases, and below a path --------------------------------------------------------


@pytest.mark.usefixtures("database")
async def test_the_pages_work_on_each_database(tmp_path: Path, database_url: str) -> None:
    settings = Settings(
        public_url="http://digest.test/daily",
        secret_key=SecretStr("a secret of the tests, 32 letters"),
        mail=MailSettings(from_address="post@digest.test", outbox="outbox"),
        database_url=database_url,
        folder=tmp_path,
    )
    app = App(settings, Watch())
    app.store.papers.add([ICE, SAND], app.clock())
    transport = httpx.ASGITransport(make_web(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://digest.test") as client:
        for path in ("/?category=cs.LG", "/papers?q=ice", "/papers/test:sand", "/papers.atom"):
            answer = await client.get(f"/daily{path}")
            assert answer.status_code == 200
            assert "/daily/papers/" in answer.text
        assert (await client.get("/daily/papers/%00?q=%00")).status_code == 404
    app.close()


# --- the page of trending papers ---------------------------------------------------------------


async def test_three_spans_have_addresses_to_bookmark(web: Trial) -> None:
    page = await text(web, "/")
    for span in ("today", "week", "month"):
        assert f'href="/?span={span}"' in page
    month = await text(web, "/", span="month", category="cs.CL")
    assert 'href="/?span=month&amp;category=cs.CL" aria-current="true"' in month


async def test_the_order_by_upvotes_is_offered_only_where_there_are_any(web: Trial) -> None:
    paper = Paper(key="test:fjord", title="Fjords", categories=("geo.fjord",))
    web.app.store.papers.add([paper], web.clock())
    quiet = await text(web, "/", span="week", category="geo.fjord")
    assert "Most upvoted" not in quiet
    assert "This week’s papers in geo.fjord" in quiet
    web.app.store.papers.add([replace(paper, upvotes=12)], web.clock())
    web.app.__dict__.pop("trending")  # looks for what is new once in some seconds
    voted = await text(web, "/", span="week", category="geo.fjord")
    assert "Most upvoted" in voted
    assert "Trending in geo.fjord this week" in voted
    assert "1 paper. Ranked by upvotes." in voted
    newest = await text(web, "/", span="week", category="geo.fjord", order="newest")
    assert "Most upvoted" in newest  # the way back
    assert "1 paper. Newest first." in newest


async def test_the_first_page_searches(web: Trial) -> None:
    page = await text(web, "/")
    assert '<form class="finding" method="get" action="/papers" role="search">' in page
