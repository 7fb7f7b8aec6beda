from collections.abc import Iterator
from datetime import date

import pytest
from oai_answers import failure
from sources_server import (
    RECORDINGS,
    Answer,
    Site,
    browsing,
    entry,
    feed,
    fetch_once,
    serving,
    source_context,
)

from digestmail.domain import BadRecord, Paper, SourceSpec
from digestmail.errors import SourceError
from digestmail.sources.arxiv.feed import (
    AnnouncementFilter,
    Feed,
    FeedSummary,
    feed_authors,
    read_feed,
)

RECORDED = RECORDINGS / "arxiv-rss-atom"


def read(
    content: str | bytes, accepted: AnnouncementFilter | None = None
) -> list[Paper | BadRecord]:
    content = content.encode() if isinstance(content, str) else content
    return whole(content, accepted).results


def whole(content: bytes, accepted: AnnouncementFilter | None = None) -> Feed:
    return read_feed(
        content, url="the feed", source="arxiv", announcements=accepted or AnnouncementFilter()
    )


def one(content: str) -> Paper:
    (paper,) = read(feed(content))
    assert isinstance(paper, Paper)
    return paper


def refusal(content: str | bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read(content)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- over the network ------------------------------------------------------------------------


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def fetched(site: Site, *categories: str) -> list[Paper | BadRecord]:
    site.at("/oai", Answer(failure("noRecordsMatch")))
    options = {"categories": ", ".join(categories)}
    options |= {"url": f"{site.url}/atom/", "oai_url": f"{site.url}/oai"}
    with browsing() as web:
        return fetch_once(
            SourceSpec(name="arxiv", kind="arxiv", options=options), source_context(web)
        )


def test_an_announcement(site: Site) -> None:
    site.at("/atom/cs.AI+stat.ML", Answer(feed(entry("2603.00001v2"))))
    assert fetched(site, "cs.AI", "stat.ML") == [
        Paper(
            key="arxiv:2603.00001",
            title="On the sleep of teapots 2603.00001v2",
            abstract="We watch $n < 7$ teapots.",
            authors=("Ada Kettle", "Bo Spout"),
            categories=("cs.AI", "stat.ML"),
            url="https://arxiv.org/abs/2603.00001",
            pdf_url="https://arxiv.org/pdf/2603.00001",
            version=2,
            announced_on=date(2026, 3, 4),
            source="arxiv",
        )
    ]


def test_a_refused_query(site: Site) -> None:
    answer = feed(title="Feed error for query: x", more="<subtitle>Bad archive 'x'.</subtitle>")
    site.at("/atom/math", Answer(answer, status=400))
    with pytest.raises(
        SourceError, match=r"/atom/math: arXiv refuses the query: Bad archive 'x'\."
    ):
        fetched(site, "math")


def test_a_fault_that_looks_like_a_quiet_day(site: Site) -> None:
    site.at("/atom/math", Answer(feed(), status=400))
    with pytest.raises(SourceError, match="answered 400 Bad Request"):
        fetched(site, "math")


def test_a_server_in_trouble(site: Site) -> None:
    site.at("/atom/cs.AI", Answer(feed(entry()), status=503))
    with pytest.raises(SourceError, match="answered 503"):
        fetched(site, "cs.AI")


# --- documents that are no feed --------------------------------------------------------------


def test_a_quiet_day() -> None:
    assert read(feed()) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("<!doctype html><html><body>hi", "not an Atom feed: it begins with '<!doctype html"),
        ("\n<html><body><br></body></html>", "not an Atom feed: it begins with '<html>"),
        (
            "<rss version='2.0'><channel/></rss>",
            "not an Atom feed but RSS: leave out the option url",
        ),
        (b"\x89PNG\x00\xff", "not an Atom feed: it begins with"),
        (b"", "not an Atom feed: it begins with ''"),
        (feed(entry())[:-40], "its XML is broken or truncated ("),
        (feed(entry()).replace("UTF-8", "no-such-code"), "its XML is broken or truncated ("),
        (feed(title="Feed error for query: y"), "arXiv refuses the query: Feed error for query: y"),
    ],
)
def test_what_is_no_feed(content: str | bytes, problem: str) -> None:
    assert problem in refusal(content)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE f [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE f [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE f SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_document_types_are_refused(doctype: str) -> None:
    content = feed(entry(title="<title>&b;&b;</title>")).replace("\n", doctype, 1)
    assert refusal(content) == "the feed: it declares a DOCTYPE or entities: refused"


def test_deep_nesting_does_no_harm() -> None:
    deep = "<b>" * 50_000 + "tea" + "</b>" * 50_000
    assert one(entry(title=f"<title>{deep}</title>")).title == "tea"


# --- which entries ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (AnnouncementFilter(), "new cross"),
        (AnnouncementFilter(cross=False), "new"),
        (AnnouncementFilter(replacements=True), "new cross replace replace-cross"),
        (AnnouncementFilter(cross=False, replacements=True), "new replace"),
    ],
)
@pytest.mark.parametrize("dropped", [{}, {"announced": ""}])
def test_announcement_types(
    accepted: AnnouncementFilter, expected: str, dropped: dict[str, str]
) -> None:
    kinds = ["new", "cross", "replace", "replace-cross"]
    entries = [
        entry(f"2603.0000{n}", kind, title=f"<title>{kind}</title>", **dropped)
        for n, kind in enumerate(kinds)
    ]
    papers = read(feed(*entries), accepted)
    assert [p.title for p in papers if isinstance(p, Paper)] == expected.split()


def test_one_paper_comes_once() -> None:
    papers = read(feed(entry("2603.00001v1"), entry("2603.00001v2", "cross")))
    assert [p.version for p in papers if isinstance(p, Paper)] == [1]


def test_entries_that_cannot_be_read_are_told() -> None:
    nameless = entry(id="<id>tag:x</id>", link='<link href="https://example.org/"/>')
    papers = read(feed(entry("2603.00002v1", title=""), nameless, entry()))
    assert papers[:2] == [
        BadRecord("entry oai:arXiv.org:2603.00002v1", "it has no title"),
        BadRecord("entry tag:x", "it has no arXiv id"),
    ]
    assert isinstance(papers[2], Paper)


def test_a_changed_format_raises_the_alarm() -> None:
    content = feed(*[entry(f"2603.000{n}v1", title="") for n in range(10, 50)])
    message = refusal(content)
    assert message.startswith("the feed: 0 of 40 entries could be read (entry oai:arXiv.org:2603.")
    assert message.endswith("the feed's format may have changed")


def test_a_day_of_replacements_only_is_no_alarm() -> None:
    assert read(feed(entry(kind="replace", title=""))) == []


def test_a_feed_that_arxiv_cut_off_is_told() -> None:
    results = read(feed(*[entry(f"2603.{n:05}") for n in range(2000)]))
    assert len(results) == 2001
    assert isinstance(results[-1], BadRecord)
    assert "stops at 2,000 entries" in results[-1].problem


def test_what_was_announced_whether_wanted_or_not() -> None:
    unreadable = entry("2603.00009", title="")
    content = feed(entry("2603.00001"), entry("2603.00002", "cross"), entry("2603.3", "replace"))
    content = content.replace("2603.3", "2603.00003").replace("<entry>", unreadable + "<entry>", 1)
    assert whole(content.encode(), AnnouncementFilter(cross=False)).summary == FeedSummary(
        date(2026, 3, 4),
        frozenset({"arxiv:2603.00001"}),
        frozenset({"arxiv:2603.00001", "arxiv:2603.00002", "arxiv:2603.00003"}),
    )
    assert whole(feed().encode()).summary == FeedSummary()


# --- one entry -------------------------------------------------------------------------------


def test_old_ids_and_links_in_place_of_ids() -> None:
    assert one(entry("math.GT/0309136v2")).key == "arxiv:math/0309136"
    assert one(entry(id="")).key == "arxiv:2603.00001"


def test_summaries_without_prefix() -> None:
    assert one(entry(summary="<summary>Plainly.</summary>")).abstract == "Plainly."
    assert one(entry(summary="<content>Plainly.</content>")).abstract == "Plainly."
    assert one(entry(summary="")).abstract == ""


def test_the_journal_doi() -> None:
    doi = "<arxiv:DOI>10.1000/ABC 10.1000/def</arxiv:DOI>"
    paper = one(entry(more=doi))
    assert (paper.key, paper.doi) == ("arxiv:2603.00001", "10.1000/abc")
    assert paper.aliases == ("doi:10.1000/abc", "doi:10.1000/def")


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("2026-07-04T00:00:00-04:00", date(2026, 7, 4)),
        ("2026-07-04T03:59:00Z", date(2026, 7, 3)),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
    ],
)
def test_announcement_days_are_new_yorks(published: str, expected: date | None) -> None:
    paper = one(entry(published=f"<published>{published}</published>"))
    assert (paper.announced_on, paper.published_at) == (expected, None)


def test_authors_in_elements_of_their_own() -> None:
    creator = "<author><name>Ada Kettle</name></author><author><name>Bo</name></author>"
    assert one(entry(creator=creator)).authors == ("Ada Kettle", "Bo")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Kettle (Univ. of A, Town (X), B), Bo Spout", ("Ada Kettle", "Bo Spout")),
        ("Ada Kettle, Jr., Bo Spout (C", ("Ada Kettle Jr.", "Bo Spout C")),
        (
            r"Jos\'e {\L}uk, The Teapot Collaboration",
            (r"Jos\'e {\L}uk", "The Teapot Collaboration"),
        ),
        ("", ()),
    ],
)
def test_author_lists(text: str, expected: tuple[str, ...]) -> None:
    assert feed_authors(text) == expected


def test_other_namespaces_do_not_matter() -> None:
    content = feed(entry()).replace("2005/Atom", "2030/Molecule").replace("schemas/atom", "v2")
    assert read(content) == read(feed(entry()))


# --- a recorded feed -------------------------------------------------------------------------


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_feeds() -> None:
    for path in RECORDED.glob("*.xml"):
        papers = [paper for paper in read(path.read_bytes()) if isinstance(paper, Paper)]
        assert len(papers) == path.read_text(encoding="utf-8").count("<entry>")
        assert all(p.authors and p.categories and p.announced_on for p in papers)
        assert not any("Announce Type" in p.abstract or not p.abstract for p in papers)
