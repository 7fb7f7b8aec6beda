import json
from collections.abc import Callable
from datetime import date, datetime

import pytest
from mutations import check_mutations
from query_server import JSON_TROUBLES, Interface, Query, answering, failure, on, papers, today
from sources_server import RECORDINGS, Answer, browsing

from digestmail.domain import BadRecord, Paper
from digestmail.sources.http.client import WebClient
from digestmail.sources.services.europe_pmc import EuropePmcSource

RECORDED = RECORDINGS / "europepmc"


def result(number: object = 1, **fields: object) -> dict[str, object]:
    """Return an invented record; ``fields`` replace its own."""
    return {
        "id": f"4000{number}",
        "source": "MED",
        "pmid": f"4000{number}",
        "doi": f"10.5555/Tea.{number}",
        "title": "Tea &lt; coffee in <i>vitro</i>.",
        "authorString": "Kettle A, Spout B.",
        "authorList": {
            "author": [
                {"fullName": "Kettle A", "firstName": "Ada", "lastName": "Kettle"},
                {"fullName": "Müller JP", "lastName": "Müller", "initials": "JP"},
                {"collectiveName": "The Teapot Consortium"},
            ]
        },
        "abstractText": "<h4>Background</h4>Tea is hot. <h4>Methods</h4>We pour.",
        "journalInfo": {"journal": {"title": "Journal of Tea"}},
        "pubTypeList": {"pubType": ["Journal Article"]},
        "firstIndexDate": "2026-10-06",
        "firstPublicationDate": "2026-10-05",
    } | fields


def answer_of(*rows: object, cursor: str | None = None) -> Answer:
    return Answer(
        json.dumps({"hitCount": 7, "nextCursorMark": cursor, "resultList": {"result": rows}})
    )


def by_cursor(*pages: list[dict[str, object]]) -> Callable[[Query], Answer]:
    """Answer one page after the other; the last has no cursor."""

    def answer(query: Query) -> Answer:
        cursor = query.options["cursorMark"]
        number = 0 if cursor == "*" else int(cursor)
        following = str(number + 1) if number + 1 < len(pages) else None
        return answer_of(*pages[number], cursor=following)

    return answer


def fetched(interface: Interface, since: datetime | None = None) -> list[Paper | BadRecord]:
    with browsing() as web:
        source = EuropePmcSource("tea OR coffee", web, base_url=interface.url, today=today)
        return list(source.fetch(since))


def only(**fields: object) -> Paper:
    with answering(answer_of(result(**fields))) as interface:
        (paper,) = papers(fetched(interface))
    return paper


def test_an_article() -> None:
    assert only() == Paper(
        key="doi:10.5555/tea.1",
        title="Tea < coffee in vitro",
        abstract="Background: Tea is hot. Methods: We pour.",
        authors=("Ada Kettle", "J. P. Müller", "The Teapot Consortium"),
        categories=("Journal of Tea",),
        url="https://europepmc.org/article/MED/40001",
        doi="10.5555/tea.1",
        aliases=("pmid:40001", "epmc:med/40001"),
        published_at=on(2026, 10, 5),
        announced_on=date(2026, 10, 6),
        source="europe_pmc",
    )


def test_the_query() -> None:
    with answering(answer_of()) as interface:
        assert fetched(interface, on(2026, 10, 1)) == []
    (query,) = interface.asked
    assert query.path == "/search"
    assert query.options["query"] == ("(tea OR coffee) AND FIRST_IDATE:[2026-09-28 TO 2026-10-07]")
    assert query.options["resultType"] == "core"


def test_a_past_day() -> None:
    with answering(answer_of(result())) as interface, browsing() as web:
        source = EuropePmcSource("tea", web, base_url=interface.url, today=today)
        assert len(list(source.fetch_day(date(2026, 9, 9)))) == 1
    assert interface.asked[0].options["query"].endswith("FIRST_IDATE:[2026-09-09 TO 2026-09-09]")


def test_pages_follow_the_cursor() -> None:
    with answering(by_cursor([result(1), result(2)], [result(3)])) as interface:
        assert len(papers(fetched(interface))) == 3
    assert len(interface.asked) == 2


def test_the_last_page_may_repeat_its_cursor() -> None:
    def answer(query: Query) -> Answer:
        is_first = query.options["cursorMark"] == "*"
        return answer_of(result(1 if is_first else 2), cursor="last")

    with answering(answer) as interface:
        assert len(fetched(interface)) == 2
    assert len(interface.asked) == 2


def test_a_preprint() -> None:
    paper = only(id="PPR900", source="PPR", pmid=None, journalInfo=None, versionNumber=2)
    assert paper.key == "doi:10.5555/tea.1"
    assert (paper.aliases, paper.version, paper.categories) == (("epmc:ppr/PPR900",), 2, ())


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"doi": "10.48550/arXiv.2610.00001"}, "arxiv:2610.00001"),
        ({"doi": None}, "pmid:40001"),
        ({"doi": None, "pmid": None, "source": "AGR"}, "epmc:agr/40001"),
    ],
)
def test_keys(fields: dict[str, object], key: str) -> None:
    assert only(**fields).key == key


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        ("2027-03-01", on(2026, 10, 6)),
        ("2026-01-01", on(2026, 10, 6)),
        ("soon", on(2026, 10, 6)),
        (None, on(2026, 10, 6)),
        ("2026-09-30", on(2026, 9, 30)),
    ],
)
def test_the_day_of_publication(published: object, expected: datetime) -> None:
    assert only(firstPublicationDate=published).published_at == expected


@pytest.mark.parametrize(
    ("code", "style", "expected"),
    [
        ("OA", "pdf", "https://example.org/tea.pdf"),
        ("F", "pdf", "https://example.org/tea.pdf"),
        ("S", "pdf", ""),
        ("OA", "html", ""),
    ],
)
def test_the_pdf_that_everybody_may_read(code: str, style: str, expected: str) -> None:
    link = {
        "availabilityCode": code,
        "documentStyle": style,
        "url": "https://example.org/tea.pdf",
    }
    assert only(fullTextUrlList={"fullTextUrl": [link]}).pdf_url == expected


def test_nulls() -> None:
    names = ["abstractText", "authorList", "authorString", "journalInfo", "pubTypeList"]
    paper = only(**dict.fromkeys(names), firstIndexDate=None, firstPublicationDate=None)
    assert (paper.abstract, paper.authors, paper.categories) == ("", (), ())
    assert (paper.published_at, paper.announced_on) == (None, None)


def test_the_string_of_authors_stands_in_for_the_list() -> None:
    assert only(authorList={"author": []}).authors == ("A. Kettle", "B. Spout")


def test_old_articles_listed_late_are_no_news() -> None:
    with answering(answer_of(result(), result(2, firstPublicationDate="1998-11-02"))) as interface:
        assert len(fetched(interface)) == 1


def test_notices_are_passed_over() -> None:
    erratum = result(2, pubTypeList={"pubType": ["Published Erratum"]})
    with answering(answer_of(result(), erratum)) as interface:
        assert len(fetched(interface)) == 1


def test_bad_records_are_reported() -> None:
    with answering(answer_of(result(), result(2, title=None), "x")) as interface:
        assert fetched(interface)[1:] == [
            BadRecord("paper 40002", "it has no title"),
            BadRecord("record 3", "it is not a JSON object"),
        ]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        *JSON_TROUBLES,
        (Answer('{"hitCount": 0}'), "its response has no list “result”"),
        (Answer('{"errCode": 404, "errMsg": "Bad\\nquery"}'), "it refuses the query: Bad query"),
        (answer_of({"id": "1"}), "0 of 1 records could be read (paper 1: it has no title)"),
    ],
)
def test_trouble_is_one_line(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        message = failure(EuropePmcSource("tea", web, base_url=interface.url, today=today))
    assert message.startswith("Europe PMC")
    assert problem in message


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_answers() -> None:
    (path,) = RECORDED.glob("*search_cancer_core.json")
    recorded = json.loads(path.read_text(encoding="utf-8"))["resultList"]["result"]
    with answering(answer_of(*recorded)) as interface:
        results = fetched(interface)
    found = papers(results)
    assert len(found) == len(results)
    assert {"pmid:39709209"} <= {alias for paper in found for alias in paper.aliases}
    assert found[0].authors == (
        "Jonathan D Schoenfeld",
        "Daphne A Haas-Kogan",
        "Allison F O'Neill",
    )
    assert not any("Error" in paper.title for paper in found)
    assert not any("<h4" in paper.abstract for paper in found)


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_a_recorded_answer_without_results() -> None:
    (path,) = RECORDED.glob("*no_results.json")
    with answering(Answer(path.read_bytes())) as interface:
        assert fetched(interface) == []


def test_a_format_that_changed_is_no_crash() -> None:
    def fetch(web: WebClient, url: str) -> None:
        list(EuropePmcSource("tea", web, base_url=url, today=today).fetch(None))

    check_mutations({"resultList": {"result": [result()]}, "nextCursorMark": "x"}, fetch)
