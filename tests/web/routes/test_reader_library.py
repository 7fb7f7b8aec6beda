"""One's own library, data and private addresses: what they show, change and keep to themselves."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from web_apps import HOSTILE, READER, Trial, link_in, path_of, trial

from digestmail.domain import Digest, Paper, SkipReason, Subscriber, SubscriberStatus, Verdict

PAPER = Paper(key="arxiv:2611.00001", title="Sparse autoencoders", authors=("Ada Byron",))
OTHER = Paper(key="arxiv:2611.00002", title="Protein folds", abstract="Proteins fold. " * 9)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Trial]:
    async with trial(tmp_path) as opened:
        yield opened


def reader(web: Trial, *papers: Paper) -> tuple[Subscriber, str, Digest]:
    """A subscriber with a digest of these papers, and the path of their own page."""
    ada = web.joined()
    digest = web.digest(ada, *papers)
    return ada, web.preferences(ada), digest


def saved(web: Trial, who: Subscriber) -> list[str]:
    return [kept.paper.title for kept in web.app.store.saved.of(who.stored_id)]


def keep(web: Trial, who: Subscriber, digest: Digest) -> list[int]:
    """Put the papers of a digest on the reading list; their ids."""
    ids = [item.paper.stored_id for item in digest.items]
    for paper_id in ids:
        web.app.store.saved.add(who.stored_id, paper_id, web.clock())
    return ids


def said(web: Trial, who: Subscriber) -> list[tuple[int, Verdict]]:
    every = web.app.store.feedback.of([who.stored_id])
    return [(given.paper_id, given.verdict) for given in every]


# --- the reading list ------------------------------------------------------------------------


async def test_the_reading_list_shows_what_was_saved(web: Trial) -> None:
    ada, home, digest = reader(web, replace(PAPER, title=f"Great {HOSTILE}"), OTHER)
    keep(web, ada, digest)
    page = (await web.get(f"{home}/saved")).text
    assert "2 papers, newest first" in page
    assert "Saved on 20 Nov 2026" in page
    assert f"{home}/saved.bib" in page
    assert "<script>alert" not in page


async def test_an_empty_reading_list_tells_how_to_fill_it(web: Trial) -> None:
    _, home, _ = reader(web, PAPER)
    page = (await web.get(f"{home}/saved?done=remove&paper=999999999")).text
    assert "Nothing saved yet" in page
    assert "saved.bib" not in page


async def test_a_paper_is_removed_and_put_back(web: Trial) -> None:
    ada, home, digest = reader(web, PAPER, OTHER)
    first, _ = keep(web, ada, digest)
    answer = await web.post(f"{home}/saved/{first}/remove")
    page = await web.get(answer.headers["location"])
    assert saved(web, ada) == ["Protein folds"]
    assert "Removed: Sparse autoencoders" in page.text
    assert f'action="{home}/saved/{first}/keep"' in page.text
    await web.post(f"{home}/saved/{first}/keep")
    assert "Sparse autoencoders" in saved(web, ada)


async def test_more_like_a_saved_paper_is_asked_once(web: Trial) -> None:
    ada, home, digest = reader(web, PAPER)
    (first,) = keep(web, ada, digest)
    answer = await web.post(f"{home}/saved/{first}/more")
    page = (await web.get(answer.headers["location"])).text
    assert said(web, ada) == [(first, Verdict.MORE)]
    assert "You asked for more like this" in page
    assert f"{home}/saved/{first}/more" not in page
    assert f"{home}/feedback/{first}/undo" in page


async def test_more_after_less_is_undone_to_less(web: Trial) -> None:
    ada, home, digest = reader(web, PAPER)
    (first,) = keep(web, ada, digest)
    await web.post(path_of(web.app.links.feedback(digest.stored_id, 1, Verdict.LESS)))
    answer = await web.post(f"{home}/saved/{first}/more")
    page = (await web.get(answer.headers["location"])).text
    assert said(web, ada) == [(first, Verdict.MORE)]
    assert f"{home}/feedback/{first}/undo" not in page
    await web.post(f"{home}/feedback/{first}/less")
    assert f'action="{home}/feedback/{first}/less"' in page
    assert said(web, ada) == [(first, Verdict.LESS)]


async def test_where_nothing_was_added_nothing_is_undone(web: Trial) -> None:
    ada, home, digest = reader(web, PAPER)
    (first,) = keep(web, ada, digest)
    await web.post(path_of(web.app.links.feedback(digest.stored_id, 1, Verdict.MORE)))
    answer = await web.post(f"{home}/saved/{first}/more")
    page = (await web.get(answer.headers["location"])).text
    assert "get more like this" in page
    assert f"{home}/feedback/{first}/undo" not in page


@pytest.mark.parametrize("path", ["saved/999/more", "feedback/999/less"])
async def test_nothing_is_said_of_papers_that_are_not_theirs(web: Trial, path: str) -> None:
    ada, home, _ = reader(web, PAPER)
    assert (await web.post(f"{home}/{path}")).status_code == 404
    assert said(web, ada) == []


async def test_what_others_uploaded_is_out_of_reach(web: Trial) -> None:
    ada, home, _ = reader(web, PAPER)
    other = web.app.store.uploads
    other.add(7, [Paper(key="library:abc", title="Secret work")])
    (secret,) = other.of(7)
    await web.post(f"{home}/saved/{secret.id}/keep")
    assert saved(web, ada) == []
    for page in ("saved?done=more", "saved?done=keep", "feedback?done=more"):
        assert "Secret" not in (await web.get(f"{home}/{page}&paper={secret.id}")).text


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30], ids=["2**31", "2**63", "10**30"])
async def test_numbers_too_large_lead_nowhere(web: Trial, number: int) -> None:
    _, home, _ = reader(web, PAPER)
    for path in (f"saved/{number}/keep", f"saved/{number}/more", f"feedback/{number}/less"):
        assert (await web.post(f"{home}/{path}")).status_code == 404
    for page in ("saved", "feedback"):
        answer = await web.get(f"{home}/{page}?done=more&paper={number}")
        assert answer.status_code == 404


async def test_uploads_are_handed_out_and_erased(web: Trial) -> None:
    ada, home, _ = reader(web, PAPER)
    web.app.store.uploads.add(ada.stored_id, [Paper(key="library:abc", title="My own work")])
    assert (
        json.loads((await web.get(f"{home}/data.json")).text)["uploads"][0]["key"] == "library:abc"
    )
    await web.post(f"{home}/erase")
    assert web.app.store.uploads.of(ada.stored_id) == []


@pytest.mark.parametrize("path", ["saved/1/burn", "saved/0/remove", "feedback/x/undo", "saved.pdf"])
async def test_senseless_addresses_lead_nowhere(web: Trial, path: str) -> None:
    _, home, _ = reader(web, PAPER)
    answer = await web.client.request("GET" if "." in path else "POST", f"{home}/{path}")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("ending", "kind", "first"),
    [
        ("bib", "application/x-bibtex", "@misc{byron2026-2611.00001,"),
        ("ris", "application/x-research-info-systems", "TY  - JOUR\r\n"),
        ("csv", "text/csv", '\ufeff"title","authors",'),
    ],
)
async def test_the_reading_list_is_a_file(web: Trial, ending: str, kind: str, first: str) -> None:
    ada, home, digest = reader(web, PAPER)
    keep(web, ada, digest)
    answer = await web.get(f"{home}/saved.{ending}")
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="reading-list.{ending}"'
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith(first)
    assert "Sparse autoencoders" in answer.text


async def test_the_csv_is_harmless_in_a_spreadsheet(web: Trial) -> None:
    ada, home, digest = reader(web, replace(PAPER, title="=HYPERLINK(1)"))
    keep(web, ada, digest)
    text = (await web.get(f"{home}/saved.csv")).text.removeprefix("\ufeff")
    assert next(csv.DictReader(io.StringIO(text)))["title"] == "'=HYPERLINK(1)"


async def test_a_long_reading_list_has_pages(web: Trial) -> None:
    papers = [replace(PAPER, key=f"arxiv:2611.{n:05}", title=f"Number {n}.") for n in range(60)]
    ada, home, digest = reader(web, *papers)
    keep(web, ada, digest)
    first, last = await web.get(f"{home}/saved"), await web.get(f"{home}/saved?page=99")
    assert first.text.count("Saved on") == 50
    assert last.text.count("Saved on") == 10
    assert "Page 2 of 2" in last.text


# --- past digests ----------------------------------------------------------------------------


async def test_the_archive_has_a_page_for_each_month(web: Trial) -> None:
    ada, home, _ = reader(web, PAPER)
    for month in (9, 10):
        web.digest(ada, skip=SkipReason.QUIET_DAY, date=date(2026, month, 5))
    newest = (await web.get(f"{home}/digests")).text
    older = (await web.get(f"{home}/digests?month=2026-10")).text
    assert "Fri 20 Nov 2026" in newest
    assert "Sparse autoencoders" in newest
    assert "matches sparse autoencoder" in newest
    assert f"{home}/digests?month=2026-10" in newest
    assert "Mon 5 Oct 2026" in older
    assert "a day without announcements" in older
    assert "month=2026-11" in older
    assert "month=2026-09" in older
    assert "Sparse" not in older


@pytest.mark.parametrize("month", ["", "1999-01", "2026-13", "x", HOSTILE])
async def test_an_unknown_month_is_the_last(web: Trial, month: str) -> None:
    _, home, _ = reader(web, PAPER)
    page = await web.get(f"{home}/digests", params={"month": month})
    assert "November 2026" in page.text


async def test_an_empty_archive_says_so(web: Trial) -> None:
    assert "None yet" in (await web.get(f"{web.preferences(web.joined())}/digests")).text


async def test_a_digest_is_a_page_that_names_nobody(web: Trial) -> None:
    ada, _, digest = reader(web, replace(PAPER, title=f"Great {HOSTILE}"), OTHER)
    answer = await web.get(path_of(web.app.links.digest(digest.stored_id)))
    assert "2 new papers" in answer.text
    assert "Friday, 20 November 2026" in answer.text
    assert "Proteins fold." in answer.text
    assert "matches sparse autoencoder" in answer.text
    for path, forms in (("/more", 2), ("/less", 2), ("/save/", 2)):
        assert len(re.findall(f'<form method="post" action="[^"]*{path}', answer.text)) == forms
    assert "/why/" not in answer.text
    assert READER not in answer.text
    assert "/preferences/" not in answer.text
    assert "<script>alert" not in answer.text
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["cache-control"] == "no-store"
    assert web.again(ada) == ada


async def test_the_page_of_a_long_digest_lists_its_titles_first(web: Trial) -> None:
    papers = [replace(PAPER, key=f"arxiv:2611.0900{n}", title=f"Paper {n}") for n in range(4)]
    for shown, is_listed in ((papers, True), (papers[:3], False)):
        page = await _page_of_digest(web, f"of{len(shown)}@example.org", shown)
        assert ('class="titles"' in page) is is_listed
        for number in range(1, len(shown) + 1):
            assert f'id="paper-{number}"' in page
            assert (f'href="#paper-{number}"' in page) is is_listed


async def _page_of_digest(web: Trial, email: str, papers: list[Paper]) -> str:
    digest = web.digest(web.joined(email), *papers)
    return (await web.get(path_of(web.app.links.digest(digest.stored_id)))).text


async def test_an_empty_digest_says_why(web: Trial) -> None:
    digest = web.digest(web.joined(), skip=SkipReason.QUIET_DAY, note="arXiv rests.")
    page = await web.get(path_of(web.app.links.digest(digest.stored_id)))
    assert "Why: a day without announcements." in page.text
    assert "arXiv rests." in page.text


async def test_the_digest_of_an_erased_subscriber_is_gone(web: Trial) -> None:
    ada, home, digest = reader(web, PAPER)
    web.app.subscriptions.erase(ada, web.clock())
    for path in (path_of(web.app.links.digest(digest.stored_id)), f"{home}/saved", f"{home}/data"):
        page = await web.get(path)
        assert page.status_code == 404
        assert "was deleted" in page.text


# --- what was said ---------------------------------------------------------------------------


async def test_verdicts_are_listed_changed_and_taken_back(web: Trial) -> None:
    ada, home, digest = reader(web, PAPER)
    await web.post(path_of(web.app.links.feedback(digest.stored_id, 1, Verdict.MORE)))
    paper_id = digest.items[0].paper.stored_id
    page = (await web.get(f"{home}/feedback")).text
    assert "20 Nov 2026, for “My papers”" in page
    answer = await web.post(f"{home}/feedback/{paper_id}/less")
    assert said(web, ada) == [(paper_id, Verdict.LESS)]
    assert "Changed to “less like this”" in (await web.get(answer.headers["location"])).text
    answer = await web.post(f"{home}/feedback/{paper_id}/undo")
    page = (await web.get(answer.headers["location"])).text
    assert said(web, ada) == []
    assert "Feedback removed: Sparse autoencoders" in page
    assert "Nothing yet." in page


# --- one's own data --------------------------------------------------------------------------


async def test_a_fresh_link_hands_out_everything(web: Trial) -> None:
    ada, home, digest = reader(web, PAPER)
    keep(web, ada, digest)
    answer = await web.get(f"{home}/data.json")
    told = json.loads(answer.text)
    assert answer.headers["content-disposition"] == 'attachment; filename="digest-data.json"'
    assert told["subscriber"]["email"] == READER
    assert told["saved"][0]["paper"]["title"] == "Sparse autoencoders"
    assert (await web.get(f"{home}/data")).text.count("data.json") == 1


@pytest.mark.parametrize(
    ("method", "page"), [("GET", "data.json"), ("GET", "erase"), ("POST", "erase")]
)
async def test_an_old_link_offers_a_fresh_one(web: Trial, method: str, page: str) -> None:
    ada, home, _ = reader(web, PAPER)
    web.clock.move(minutes=61)
    answer = await web.client.request(method, f"{home}/{page}")
    assert answer.status_code == 403
    assert "Email me a new link" in answer.text
    assert "Sparse" not in answer.text
    assert web.again(ada) == ada


async def test_a_fresh_link_comes_by_mail_and_is_fresh(web: Trial) -> None:
    _, home, _ = reader(web, PAPER)
    web.clock.move(days=2)
    answer = await web.press(f"{home}/fresh")
    fresh = link_in(web.mails[-1], "preferences")
    assert "Check your inbox" in answer.text
    assert web.mails[-1]["to"] == READER
    assert "Erase everything" in (await web.get(f"{fresh}/erase")).text


async def test_who_left_is_mailed_nothing(web: Trial) -> None:
    ada, home, _ = reader(web, PAPER)
    web.app.subscriptions.leave(ada)
    web.clock.move(hours=2)
    page = (await web.get(f"{home}/data")).text
    await web.post(f"{home}/fresh")
    assert "librarian@example.org" in page
    assert "Email me a new link" not in page
    assert web.mails == []


async def test_erasing_leaves_nothing(web: Trial) -> None:
    ada, home, digest = reader(web, PAPER)
    keep(web, ada, digest)
    assert "reading list of 1 paper" in (await web.get(f"{home}/erase")).text
    assert web.again(ada) == ada
    answer = await web.press(f"{home}/erase")
    assert "Your data is erased" in answer.text
    assert web.app.store.subscribers.find(READER) is None
    assert (await web.post(f"{home}/erase")).status_code == 404
    assert web.app.subscriptions.suppressed(READER) is None


async def test_who_left_and_is_erased_stays_left(web: Trial) -> None:
    ada, home, _ = reader(web, PAPER)
    web.app.subscriptions.leave(ada)
    await web.post(f"{home}/erase")
    assert web.app.subscriptions.suppressed(READER) == "left"


# --- the private feed ------------------------------------------------------------------------


def feed_path(web: Trial, who: Subscriber, ending: str = "atom") -> str:
    profile_id = who.profiles[0].stored_id
    serial = web.app.store.subscribers.feed_serial(profile_id) or 0
    return f"{path_of(web.app.links.feed(profile_id, serial))}.{ending}"


async def test_a_profile_has_a_private_feed(web: Trial) -> None:
    ada, home, _ = reader(web, PAPER)
    web.clock.move(days=1)
    web.digest(ada, OTHER)
    answer = await web.get(feed_path(web, ada))
    feed = ElementTree.fromstring(answer.content)  # noqa: S314 - it is our own
    titles = [found.text for found in feed.iter("{http://www.w3.org/2005/Atom}title")]
    assert titles == ["Paper Post: My papers", "Protein folds", "Sparse autoencoders"]
    assert "matches sparse autoencoder" in answer.text
    assert READER not in answer.text
    assert "/preferences/" not in answer.text
    assert "noindex" in answer.headers["x-robots-tag"]
    assert feed_path(web, ada) in (await web.get(home)).text


async def test_the_feed_is_also_json(web: Trial) -> None:
    ada, _, _ = reader(web, PAPER)
    feed = (await web.get(feed_path(web, ada, "json"))).json()
    assert feed["items"][0]["title"] == "Sparse autoencoders"
    assert feed["items"][0]["date_published"] == "2026-11-20T05:00:00Z"


async def test_an_empty_feed_is_one(web: Trial) -> None:
    answer = await web.get(feed_path(web, web.joined()))
    assert answer.status_code == 200
    assert "<title>Paper Post</title>" in answer.text


async def test_a_renewed_feed_leaves_the_old_address(web: Trial) -> None:
    ada, home, _ = reader(web, PAPER)
    old = feed_path(web, ada)
    answer = await web.post(f"{home}/profiles/{ada.profiles[0].id}/feed")
    assert "The feed has a new address" in (await web.get(answer.headers["location"])).text
    assert (await web.get(old)).status_code == 404
    assert (await web.get(feed_path(web, ada))).status_code == 200


async def test_nobody_renews_the_feed_of_another(web: Trial) -> None:
    ada, _, _ = reader(web, PAPER)
    eve = web.joined("eve@example.org")
    theirs = f"{web.preferences(eve)}/profiles/{ada.profiles[0].id}/feed"
    assert (await web.post(theirs)).status_code == 404
    assert web.app.store.subscribers.feed_serial(ada.profiles[0].stored_id) == 0


async def test_a_feed_goes_with_its_profile(web: Trial) -> None:
    ada, _, _ = reader(web, PAPER)
    path = feed_path(web, ada)
    web.app.subscriptions.erase(ada, web.clock())
    assert (await web.get(path)).status_code == 404


# --- all of them -----------------------------------------------------------------------------


async def test_opening_changes_nothing(web: Trial) -> None:
    ada, home, digest = reader(web, PAPER)
    ids = keep(web, ada, digest)
    pages = ["", "/saved", "/digests", "/feedback", "/data", "/data.json", "/erase", "/saved.bib"]
    acts = [f"/saved/{ids[0]}/remove", f"/feedback/{ids[0]}/more", "/fresh", "/pause", "/resume"]
    for page in pages + acts:
        head = await web.client.head(f"{home}{page}")
        assert head.status_code == (200 if page in pages else 405), page
        assert "noindex" in head.headers["x-robots-tag"]
    assert web.again(ada) == ada
    assert (saved(web, ada), said(web, ada)) == (["Sparse autoencoders"], [])
    assert web.app.store.ledger.of_subscriber(ada.stored_id)[0].kind == "digest"
    assert len(web.app.store.ledger.of_subscriber(ada.stored_id)) == 1


@pytest.mark.parametrize("page", ["saved", "digests", "feedback", "data", "erase", "saved.csv"])
async def test_an_aged_link_opens_none_of_them(web: Trial, page: str) -> None:
    _, home, _ = reader(web, PAPER)
    web.clock.move(days=46)
    assert (await web.get(f"{home}/{page}")).status_code == 410


async def test_what_is_erased_ends_a_pause_too(web: Trial) -> None:
    ada, home, _ = reader(web, PAPER)
    await web.post(f"{home}/pause", {"until": "week"})
    assert web.again(ada).status is SubscriberStatus.PAUSED
    await web.post(f"{home}/erase")
    web.clock.now += timedelta(days=30)
    assert web.app.prepare().digests == 0
