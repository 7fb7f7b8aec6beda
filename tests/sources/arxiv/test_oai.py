import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from oai_answers import envelope, failure, page, record
from sources_server import RECORDINGS, Answer, Site, Time, browsing, serving

from digestmail.domain import BadRecord, Paper
from digestmail.errors import SourceError
from digestmail.sources.arxiv.oai import OaiHarvester
from digestmail.sources.arxiv.oai_records import is_new

RECORDED = RECORDINGS / "arxiv-oai"
DAY = date(2026, 3, 4)


def path(**query: str) -> str:
    if "resumptionToken" not in query:
        query = {"metadataPrefix": "arXiv", "from": "2026-03-04", **query}
    return "/oai?" + urlencode({"verb": "ListRecords", **query})


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def harvested(
    site: Site, *sets: str, last: date | None = None, time: Time | None = None, **more: Any
) -> list[Paper | BadRecord]:
    time = time or Time()
    with browsing(time, max_bytes=5_000_000) as web:
        harvester = OaiHarvester(web, f"{site.url}/oai", sets, sleep=time.sleep, **more)
        return list(harvester.fetch_between(DAY, last))


def one(site: Site, content: str) -> Paper:
    site.at(path(), Answer(page(content)))
    (paper,) = harvested(site)
    assert isinstance(paper, Paper)
    return paper


def keys(results: list[Paper | BadRecord]) -> list[str]:
    return [result.key.removeprefix("arxiv:") for result in results if isinstance(result, Paper)]


def refusal(site: Site, *answers: Answer, **more: Any) -> str:
    site.at(path(), *answers)
    with pytest.raises(SourceError) as caught:
        harvested(site, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(site.url, "")


# --- one record ------------------------------------------------------------------------------


def test_a_new_paper(site: Site) -> None:
    assert one(site, record()) == Paper(
        key="arxiv:2603.00001",
        title="On the sleep of teapots 2603.00001",
        abstract="We watch $n < 7$ teapots.",
        authors=("Ada Kettle", "Bo Spout Jr.", "The Teapot Collaboration"),
        categories=("cs.AI", "stat.ML"),
        url="https://arxiv.org/abs/2603.00001",
        pdf_url="https://arxiv.org/pdf/2603.00001",
        published_at=datetime(2026, 3, 2, tzinfo=UTC),
        announced_on=DAY,
        source="arxiv",
    )


def test_a_later_version(site: Site) -> None:
    paper = one(site, record(updated="<updated>2026-03-03</updated>"))
    assert (paper.version, paper.announced_on) == (2, None)
    assert paper.updated_at == datetime(2026, 3, 3, tzinfo=UTC)


def test_a_later_version_that_only_its_id_tells(site: Site) -> None:
    paper = one(site, record("2511.00001"))
    assert (paper.version, paper.announced_on, paper.updated_at) == (2, None, None)


def test_a_paper_held_into_another_month(site: Site) -> None:
    paper = one(site, record(created="<created>2026-02-25</created>"))
    assert (paper.version, paper.announced_on) == (1, DAY)


def test_old_ids(site: Site) -> None:
    content = record("math/0309136", created="<created>2003-09-08</created>")
    paper = one(site, content)
    assert (paper.key, paper.version) == ("arxiv:math/0309136", 1)
    assert paper.url == "https://arxiv.org/abs/math/0309136"


@pytest.mark.parametrize(
    ("field", "aliases"),
    [
        ("10.1000/ABC", ("doi:10.1000/abc",)),
        ("10.1/x", ()),
        (
            "10.1103/PhysRevD.93.016005, 10.1103/D.98.0799;10.1103/D.98.0799 10.1000/z",
            ("doi:10.1103/physrevd.93.016005", "doi:10.1103/d.98.0799", "doi:10.1000/z"),
        ),
        ("10.1000/a,b", ("doi:10.1000/a,b",)),
        ("10.1002/(sici)17:1&lt;1::x&gt;3.0.co;2-2", ("doi:10.1002/(sici)17:1<1::x>3.0.co;2-2",)),
        ("10.48550/arXiv.2603.00001", ()),
        ("doi:10.1000/q https://doi.org/10.1000/r", ("doi:10.1000/q", "doi:10.1000/r")),
    ],
)
def test_dois_are_aliases(site: Site, field: str, aliases: tuple[str, ...]) -> None:
    paper = one(site, record(doi=f"<doi>{field}</doi>"))
    assert paper.aliases == aliases
    assert paper.doi == (aliases[0].removeprefix("doi:") if aliases else "")
    assert paper.key == "arxiv:2603.00001"


def test_what_is_printed_as_acm_class_is_not_read(site: Site) -> None:
    content = record(more="<msc-class>62G05</msc-class><acm-class>62G05</acm-class>")
    assert one(site, content) == one(site, record())


def test_ids_of_the_header_do(site: Site) -> None:
    assert one(site, record(id="")).key == "arxiv:2603.00001"


def test_what_is_gone_is_left_out(site: Site) -> None:
    deleted = "<record><header status='deleted'><identifier>oai:arXiv.org:2603.00009</identifier>"
    comments = [
        "This paper has been withdrawn by the author due to an error in Lemma 2",
        "arXiv admin note: This submission has been withdrawn by arXiv administrators",
        "Paper withdrawn",
    ]
    withdrawn = [
        record(f"2603.0001{n}", comments=f"<comments>{c}</comments>")
        for n, c in enumerate(comments)
    ]
    kept = [
        record("2603.00020", comments="<comments>this paper was withdrawn from TeaCon</comments>"),
        record("2603.00021", comments="<comments>The withdrawn data are in Appendix A</comments>"),
        record("2603.00022", abstract="<abstract>Withdrawn patents sleep.</abstract>"),
    ]
    site.at(path(), Answer(page(f"{deleted}</header></record>", *withdrawn, *kept)))
    assert keys(harvested(site)) == ["2603.00020", "2603.00021", "2603.00022"]


def test_records_that_cannot_be_read_are_told(site: Site) -> None:
    bare = "<record><header><identifier>oai:arXiv.org:2603.00003</identifier></header></record>"
    nameless = record("x", id="")
    site.at(path(), Answer(page(record(title=""), bare, nameless, record("2603.00004"))))
    results = harvested(site)
    assert results[:3] == [
        BadRecord("record oai:arXiv.org:2603.00001", "it has no title"),
        BadRecord("record oai:arXiv.org:2603.00003", "it has no metadata in the format arXiv"),
        BadRecord("record oai:arXiv.org:x", "it has no arXiv id"),
    ]
    assert keys(results) == ["2603.00004"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"version": 2}, False),
        ({"updated_at": datetime(2026, 3, 3, tzinfo=UTC)}, False),
        ({"published_at": None}, False),
        ({"published_at": datetime(2026, 2, 18, tzinfo=UTC)}, True),
        ({"published_at": datetime(2026, 2, 17, tzinfo=UTC)}, False),
        ({"published_at": datetime(2026, 3, 4, 18, tzinfo=UTC)}, True),
        ({"published_at": datetime(2026, 3, 5, tzinfo=UTC)}, False),
    ],
)
def test_what_is_new(changes: dict[str, Any], expected: bool) -> None:
    paper = Paper(key="arxiv:2603.00001", title="T", published_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert is_new(replace(paper, **changes), DAY) is expected


# --- pages -----------------------------------------------------------------------------------


def test_pages_follow_their_tokens(site: Site) -> None:
    token = "verb%3DListRecords%26from%3D2026-03-04%26skip%3D2"
    first = page(record("2603.00001"), record("2603.00002"), token=token)
    site.at(path(set="cs:cs:AI"), Answer(first))
    site.at(path(resumptionToken=token), Answer(page(record("2603.00003"), token="b&amp;c=d")))
    site.at(path(resumptionToken="b&c=d"), Answer(page(record("2603.00004"))))
    assert keys(harvested(site, "cs:cs:AI")) == [f"2603.0000{n}" for n in range(1, 5)]
    assert len(site.asked) == 3


def test_the_next_page_is_asked_for_when_it_is_needed(site: Site) -> None:
    site.at(path(), Answer(page(record("2603.00001"), token="b")))
    with browsing() as web:
        results = OaiHarvester(web, f"{site.url}/oai").fetch_between(DAY, None)
        next(results)
        assert len(site.asked) == 1


def test_an_end_and_several_sets(site: Site) -> None:
    site.at(path(until="2026-03-06", set="cs:cs:AI"), Answer(page(record("2603.00001"))))
    site.at(path(until="2026-03-06", set="math"), Answer(page(record("2603.00002"))))
    assert len(harvested(site, "cs:cs:AI", "math", last=date(2026, 3, 6))) == 2


def test_a_quiet_day(site: Site) -> None:
    site.at(path(set="a"), Answer(failure("noRecordsMatch")))
    site.at(path(set="b"), Answer(page(record())))
    assert len(harvested(site, "a", "b")) == 1


def test_a_refused_query(site: Site) -> None:
    told = refusal(site, Answer(failure("badArgument", "from is\n in the future")))
    assert told == "/oai: arXiv refuses the query: badArgument (from is in the future)"
    assert "badArgument" in refusal(site, Answer(failure("badArgument"), status=400))


@pytest.mark.parametrize("code", ["badResumptionToken", "noRecordsMatch"])
def test_an_expired_token_is_met_by_starting_anew_from_that_day(site: Site, code: str) -> None:
    records = [record("2603.00001"), record("2603.00002", "2026-03-06")]
    site.at(path(set="cs"), Answer(page(*records, token="old")))
    site.at(path(resumptionToken="old"), Answer(failure(code)))
    anew = {"metadataPrefix": "arXiv", "from": "2026-03-06", "set": "cs"}
    site.at(path(**anew), Answer(page(records[1], token="new")))
    site.at(path(resumptionToken="new"), Answer(page(record("2603.00003"))))
    found = keys(harvested(site, "cs"))
    assert found == ["2603.00001", "2603.00002", "2603.00002", "2603.00003"]


def test_a_token_that_always_expires_is_told(site: Site) -> None:
    site.at(path(resumptionToken="old"), Answer(failure("badResumptionToken", "expired")))
    told = refusal(site, Answer(page(record(), token="old")))
    assert told == (
        "/oai: the list for 2026-03-04 ends early each time; arXiv refuses to resume it (expired)"
    )
    assert len(site.asked) == 4


def test_tokens_that_lead_in_a_circle(site: Site) -> None:
    site.at(path(resumptionToken="a"), Answer(page(record(), token="a")))
    assert "repeats" in refusal(site, Answer(page(record(), token="a")))


# --- faults ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (page(record())[:-60], "/oai: its XML is broken or truncated ("),
        ("<!doctype html><html>hi", "/oai is not a <OAI-PMH> document: it begins with '<!doctype"),
        ("<feed/>", "is not a <OAI-PMH> document: it begins with '<feed/>'"),
        ("", "is not a <OAI-PMH> document: it begins with ''"),
        (page(), "answered 200 OK with neither records nor the reason why"),
        (envelope(""), "answered 200 OK with neither records nor the reason why"),
        (page(*[record(title="")] * 3), "0 of 3 records could be read (record oai:arXiv.org:2603."),
    ],
)
def test_broken_pages(site: Site, content: str, problem: str) -> None:
    assert problem in refusal(site, Answer(content))


@pytest.mark.parametrize("kind", ['[<!ENTITY a "aaaa">]', 'SYSTEM "http://127.0.0.1:9/x.dtd"'])
def test_document_types_are_refused(site: Site, kind: str) -> None:
    content = page(record()).replace("\n", f"<!DOCTYPE OAI-PMH {kind}>", 1)
    assert refusal(site, Answer(content)) == "/oai: it declares a DOCTYPE or entities: refused"


def test_what_came_before_a_fault_is_kept(site: Site) -> None:
    site.at(path(), Answer(page(record(), token="b")))
    site.at(path(resumptionToken="b"), Answer(page(record())[:-100]))
    with browsing() as web:
        results = OaiHarvester(web, f"{site.url}/oai").fetch_between(DAY, None)
        assert isinstance(next(results), Paper)
        with pytest.raises(SourceError, match="broken or truncated"):
            next(results)


def test_a_bad_request_that_looks_right(site: Site) -> None:
    assert "answered 400 Bad Request" in refusal(site, Answer(page(record()), status=400))


@pytest.mark.parametrize(("told", "waits"), [("120", [120]), ("30", [30]), ("", [30])])
def test_a_busy_server_is_waited_for(site: Site, told: str, waits: list[float]) -> None:
    time = Time()
    headers = {"Retry-After": told} if told else {}
    site.at(path(), Answer(status=503, headers=headers), Answer(page(record())))
    assert len(harvested(site, time=time)) == 1
    assert time.slept == waits


def test_a_server_that_stays_busy_is_waited_for_once_more(site: Site) -> None:
    time = Time()
    busy = Answer(status=503)
    site.at(path(), busy, busy, Answer(page(record())))
    assert len(harvested(site, time=time)) == 1
    assert time.slept == [30, 600]


def test_patience_ends(site: Site) -> None:
    busy = Answer(status=503, headers={"Retry-After": "100"})
    told = refusal(site, busy, patience=150.0)
    assert "still busy (503) after 100 s of waiting; will try again at the next poll" in told


def test_other_refusals_are_not_waited_for(site: Site) -> None:
    assert "answered 429 Too Many Requests" in refusal(site, Answer(status=429))


def test_compressed_pages(site: Site) -> None:
    body = gzip.compress(page(*[record(f"2603.{n:05}") for n in range(1300)]).encode())
    site.at(path(), Answer(body, headers={"Content-Encoding": "gzip"}))
    assert len(set(keys(harvested(site)))) == 1300


# --- recorded pages --------------------------------------------------------------------------


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_pages(site: Site) -> None:
    for recorded in RECORDED.glob("*.xml"):
        content = recorded.read_bytes().replace(b"GetRecord>", b"ListRecords>")
        site.at(path(), Answer(content))
        results = harvested(site)
        papers = [paper for paper in results if isinstance(paper, Paper)]
        assert len(papers) == len(results) == content.count(b"<record>") > 0
        assert all(p.title and p.authors and p.categories and p.abstract for p in papers)
        assert sum(p.version > 1 for p in papers) == content.count(b"<updated>")
        assert sum(bool(p.aliases) for p in papers) == content.count(b"<doi>")
        assert not any("\n" in p.title + p.abstract for p in papers)
