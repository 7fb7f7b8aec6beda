import json
from collections.abc import Callable, Collection
from datetime import date, datetime

import pytest
from query_server import JSON_TROUBLES, Interface, Query, answering, failure, on, papers, today
from sources_server import RECORDINGS, Answer, browsing

from digestmail.domain import BadRecord, Paper
from digestmail.sources.services.biorxiv import BiorxivSource

NOTHING = Answer('{"messages": [{"status": "no posts found"}], "collection": []}')


def posted(number: object = 1, **parts: object) -> dict[str, object]:
    """A record of an invented preprint, ``parts`` replace its fields."""
    return {
        "doi": f"10.1101/2026.10.06.{number!s:0>6}",
        "title": f"Tea in cell {number}",
        "authors": "Kettle, A.; van der Spout, B. C.",
        "date": "2026-10-6",
        "version": "1",
        "category": "cell biology",
        "abstract": "<jats:p>We <jats:italic>brew</jats:italic>.</jats:p>",
        "published": "NA",
        "server": "bioRxiv",
    } | parts


def pages(*rows: object, size: int = 30) -> Callable[[Query], Answer]:
    """The rows from the cursor on, for any days; the totals are as wrong as they may be."""

    def answer(query: Query) -> Answer:
        cursor = int(query.path.rpartition("/")[2])
        part = rows[cursor : cursor + size]
        messages = [{"status": "ok", "cursor": cursor, "count": len(part), "total": "99999"}]
        return Answer(json.dumps({"messages": messages, "collection": part}))

    return answer


def fetched(
    interface: Interface, since: datetime | None = None, categories: Collection[str] = ()
) -> list[Paper | BadRecord]:
    with browsing() as web:
        source = BiorxivSource(
            "biorxiv", web, base_url=interface.url, today=today, categories=categories
        )
        return list(source.fetch(since))


def one(**parts: object) -> Paper:
    with answering(pages(posted(**parts))) as interface:
        (paper,) = papers(fetched(interface))
    return paper


def test_a_preprint() -> None:
    assert one() == Paper(
        key="doi:10.1101/2026.10.06.000001",
        title="Tea in cell 1",
        abstract="We brew.",
        authors=("A. Kettle", "B. C. van der Spout"),
        categories=("cell biology",),
        url="https://doi.org/10.1101/2026.10.06.000001",
        doi="10.1101/2026.10.06.000001",
        published_at=on(2026, 10, 6),
        announced_on=date(2026, 10, 6),
        source="biorxiv",
    )


@pytest.mark.parametrize("size", [30, 100])
def test_pages_are_stepped_by_what_they_hold(size: int) -> None:
    with answering(pages(*map(posted, range(205)), size=size)) as interface:
        assert len({paper.key for paper in papers(fetched(interface))}) == 205
    cursors = [query.path.rpartition("/")[2] for query in interface.asked]
    assert cursors == [str(n) for n in [*range(0, 205, size), 205]]


def test_nothing_found_is_a_quiet_day() -> None:
    with answering(NOTHING) as interface:
        assert fetched(interface, on(2026, 10, 7)) == []
    assert [query.path for query in interface.asked] == ["/details/biorxiv/2026-10-04/2026-10-07/0"]


def test_a_server_that_does_not_move_on_is_left() -> None:
    page = json.dumps({"messages": [], "collection": [posted()]})
    with answering(Answer(page)) as interface:
        assert len(fetched(interface)) == 1
    assert len(interface.asked) == 2


def test_a_long_time_is_read_a_week_at_once_latest_first() -> None:
    with answering(NOTHING) as interface:
        fetched(interface, on(2026, 9, 25))
    assert [query.path.removeprefix("/details/biorxiv/") for query in interface.asked] == [
        "2026-10-01/2026-10-07/0",
        "2026-09-24/2026-09-30/0",
        "2026-09-22/2026-09-23/0",
    ]


def test_the_highest_version_comes_with_the_first_ones_date() -> None:
    versions = [
        posted(version="2", date="2026-10-07"),
        posted(version="10", date="2026-10-7", title="Tea at last"),
        posted(version="1", date="2026-9-30"),
    ]
    with answering(pages(*versions)) as interface:
        (paper,) = papers(fetched(interface))
    assert (paper.version, paper.title) == (10, "Tea at last")
    assert (paper.published_at, paper.updated_at) == (on(2026, 9, 30), on(2026, 10, 7))


def test_an_older_version_of_an_earlier_week_does_not_come_after() -> None:
    def answer(query: Query) -> Answer:
        version = "3" if "2026-10-07" in query.path else "2"
        rows = [posted(version=version)] if query.path.endswith("/0") else []
        return Answer(json.dumps({"messages": [], "collection": rows}))

    with answering(answer) as interface:
        found = papers(fetched(interface, on(2026, 9, 25)))
    assert [paper.version for paper in found] == [3]


def test_a_later_version_alone_has_no_date_of_publication() -> None:
    paper = one(version="2")
    assert (paper.published_at, paper.updated_at) == (None, on(2026, 10, 6))


@pytest.mark.parametrize(
    ("published", "aliases"),
    [
        ("10.1091/MBC.E25-09-0454", ("doi:10.1091/mbc.e25-09-0454",)),
        ("NA", ()),
        (None, ()),
        ("10.1101/2026.10.06.000001", ()),
    ],
)
def test_the_journal_version_is_an_alias(published: object, aliases: tuple[str, ...]) -> None:
    assert one(published=published).aliases == aliases


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            "SummaryO_ST_ABSBackgroundC_ST_ABSTea is hot.O_ST_ABSAimC_ST_ABSTo cool it.",
            "Summary Background: Tea is hot. Aim: To cool it.",
        ),
        ("O_LIFirst.C_LIO_LISecond.C_LI", "First. Second."),
        ("By O_SCPLOWTEAC_SCPLOW alone.", "By TEA alone."),
        ("Shown. O_FIG O_LINKSMALLFIG WIDTH=200 C_FIG Done.", "Shown. Done."),
        ("x &lt; 7 &amp; <i>y</i>", "x < 7 & y"),
        (None, ""),
    ],
)
def test_abstracts_lose_their_marks(raw: object, expected: str) -> None:
    assert one(abstract=raw).abstract == expected


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("van der Berg, J.", ("J. van der Berg",)),
        ("O&apos;Leaf, T.; The Tea Consortium;", ("T. O'Leaf", "The Tea Consortium")),
        (None, ()),
    ],
)
def test_authors(authors: object, expected: tuple[str, ...]) -> None:
    assert one(authors=authors).authors == expected


def test_only_the_categories_asked_for() -> None:
    rows = [
        posted(1),
        posted(2, category="Animal Behavior and Cognition"),
        posted(3, category=None),
    ]
    with answering(pages(*rows)) as interface:
        found = papers(fetched(interface, categories=["animal_behavior_and_cognition"]))
    assert [paper.title for paper in found] == ["Tea in cell 2"]


def test_bad_records_are_told() -> None:
    with answering(pages(posted(), posted(2, title=""), {"title": "T"}, 7)) as interface:
        assert fetched(interface)[:3] == [
            BadRecord("paper 10.1101/2026.10.06.000002", "it has no title"),
            BadRecord("paper T", "it has no DOI"),
            BadRecord("record 4", "it is not a JSON object"),
        ]


def test_bad_records_beside_other_categories_are_no_alarm() -> None:
    with answering(pages(posted(), 7)) as interface:
        assert len(fetched(interface, categories=["genetics"])) == 1


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        *JSON_TROUBLES,
        (Answer('{"messages": [{"status": "ok"}]}'), "its response has no list “collection”"),
        (Answer('{"messages": [{"status": "bad date"}]}'), "it refuses the query: bad date"),
        (Answer('{"collection": [{"a": 1}]}'), "0 of 1 records could be read (record 1: it has no"),
    ],
)
def test_trouble_is_told(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        message = failure(BiorxivSource("medrxiv", web, base_url=interface.url, today=today))
    assert message.startswith("medRxiv")
    assert problem in message


@pytest.mark.skipif(not RECORDINGS.exists(), reason="the shared data are not beside this checkout")
def test_a_recorded_answer() -> None:
    recorded = (RECORDINGS / "biorxiv-api-excerpt" / "details.json").read_text(encoding="utf-8")
    with answering(
        lambda query: Answer(recorded) if query.path.endswith("/0") else NOTHING
    ) as interface:
        (paper,) = papers(fetched(interface))
    assert paper.key == "doi:10.64898/2026.07.31.741992"
    assert paper.authors == ("M. Loconsole", "C. Xue", "E. Garcia-Pelegrin")
    assert (paper.published_at, paper.aliases) == (on(2026, 8, 1), ())
