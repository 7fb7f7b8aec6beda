import json
from datetime import date, datetime

import pytest
from mutations import check_mutations
from query_server import JSON_TROUBLES, Interface, Query, answering, failure, on, papers, today
from sources_server import Answer, browsing

from digestmail.domain import BadRecord, Paper, SourceSpec
from digestmail.errors import InputError
from digestmail.sources.http.client import WebClient
from digestmail.sources.registry import check
from digestmail.sources.services.hal import HalSource


def document(number: object = 1, **fields: object) -> dict[str, object]:
    """Return an invented document; ``fields`` replace its own."""
    return {
        "halId_s": f"hal-0480000{number}",
        "version_i": 2,
        "uri_s": f"https://hal.science/hal-0480000{number}v2",
        "title_s": ["Le thé", "Tea"],
        "en_title_s": ["Tea"],
        "abstract_s": ["Nous versons.", "We pour."],
        "en_abstract_s": ["We pour."],
        "authFullName_s": ["Zoé Théière", "Jean-Paul L'Écuyer"],
        "doiId_s": f"10.5555/Tea.{number}",
        "domainAllCode_s": ["info.info-db", "spi.meca"],
        "en_domainAllCodeLabel_fs": [
            "info.info-db_FacetSep_Computer Science [cs]/Databases [cs.DB]",
            "spi.meca_FacetSep_Engineering Sciences/Mechanics",
        ],
        "fileMain_s": f"https://hal.science/hal-0480000{number}/file/tea.pdf",
        "producedDate_s": "2026-10-04",
        "producedDate_tdate": "2026-10-04T00:00:00Z",
        "releasedDate_tdate": "2026-10-06T08:09:10Z",
    } | fields


def answer_of(*rows: object, cursor: str | None = None) -> Answer:
    return Answer(
        json.dumps({"response": {"numFound": len(rows), "docs": rows}, "nextCursorMark": cursor})
    )


def fetched(interface: Interface, since: datetime | None = None) -> list[Paper | BadRecord]:
    with browsing() as web:
        source = HalSource(web, base_url=interface.url, today=today, query="tea", domains=["info"])
        return list(source.fetch(since))


def only(**fields: object) -> Paper:
    with answering(answer_of(document(**fields))) as interface:
        (paper,) = papers(fetched(interface))
    return paper


def test_a_document() -> None:
    assert only() == Paper(
        key="doi:10.5555/tea.1",
        title="Tea",
        abstract="We pour.",
        authors=("Zoé Théière", "Jean-Paul L'Écuyer"),
        categories=("cs.DB", "spi.meca"),
        url="https://hal.science/hal-04800001v2",
        doi="10.5555/tea.1",
        aliases=("hal:hal-04800001",),
        pdf_url="https://hal.science/hal-04800001/file/tea.pdf",
        version=2,
        published_at=on(2026, 10, 4),
        announced_on=date(2026, 10, 6),
        source="hal",
    )


@pytest.mark.parametrize(
    ("query", "domains", "terms"),
    [
        ("tea", (), ("tea", "")),
        ("", ("info",), ("*:*", " AND (level0_domain_s:info)")),
        (
            "tea",
            ("info.info-ai", "math"),
            ("tea", " AND (level1_domain_s:info.info-ai OR level0_domain_s:math)"),
        ),
    ],
)
def test_the_query(query: str, domains: tuple[str, ...], terms: tuple[str, str]) -> None:
    with answering(answer_of()) as interface, browsing() as web:
        source = HalSource(web, base_url=interface.url, today=today, query=query, domains=domains)
        assert list(source.fetch(on(2026, 10, 1))) == []
    (request,) = interface.asked
    assert request.path == "/search/"
    assert request.options["q"] == terms[0]
    days, _, other = request.options["fq"].partition(" AND docType_s:(ART OR COMM")
    assert days == "releasedDate_tdate:[2026-09-28T00:00:00Z TO *]"
    assert other.partition(")")[2] == terms[1]


def test_a_past_day() -> None:
    with answering(answer_of(document())) as interface, browsing() as web:
        source = HalSource(web, base_url=interface.url, today=today, query="tea")
        assert len(list(source.fetch_day(date(2026, 9, 9)))) == 1
    days = "releasedDate_tdate:[2026-09-09T00:00:00Z TO 2026-09-09T23:59:59Z]"
    assert interface.asked[0].options["fq"].startswith(days)


def test_pages_follow_the_cursor_until_it_stays() -> None:
    def answer(query: Query) -> Answer:
        number = {"*": 0, "a": 1, "b": 2}[query.options["cursorMark"]]
        return answer_of(*([document(number)] if number < 2 else []), cursor="abb"[number])

    with answering(answer) as interface:
        assert len(papers(fetched(interface))) == 2
    assert [query.options["cursorMark"] for query in interface.asked] == ["*", "a", "b"]


@pytest.mark.parametrize(
    ("fields", "key", "aliases"),
    [
        (
            {"arxivId_s": "2610.00001"},
            "arxiv:2610.00001",
            ("doi:10.5555/tea.1", "hal:hal-04800001"),
        ),
        ({"doiId_s": None, "pubmedId_s": "7"}, "hal:hal-04800001", ("pmid:7",)),
        ({"doiId_s": None, "arxivId_s": "?"}, "hal:hal-04800001", ()),
    ],
)
def test_keys(fields: dict[str, object], key: str, aliases: tuple[str, ...]) -> None:
    paper = only(**fields)
    assert (paper.key, paper.aliases) == (key, aliases)


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ({"producedDate_s": "2026-10", "producedDate_tdate": "2026-10-01T00:00:00Z"}, 6),
        ({"producedDate_s": "2026-12-01", "producedDate_tdate": "2026-12-01T00:00:00Z"}, 6),
        ({"producedDate_s": None, "producedDate_tdate": None}, 6),
        ({}, 4),
    ],
)
def test_the_day_of_publication(fields: dict[str, object], published: int) -> None:
    paper = only(**fields)
    assert paper.published_at
    assert paper.published_at.date() == date(2026, 10, published)


def test_an_old_article_deposited_today_is_no_news() -> None:
    with answering(
        answer_of(document(), document(2, producedDate_tdate="1998-01-01T00:00:00Z"))
    ) as i:
        assert len(fetched(i)) == 1


def test_the_languages_of_title_and_abstract() -> None:
    paper = only(en_title_s=None, en_abstract_s=[], abstract_s="Nous versons.")
    assert (paper.title, paper.abstract) == ("Le thé", "Nous versons.")


def test_nulls() -> None:
    names = ["abstract_s", "en_abstract_s", "authFullName_s", "en_domainAllCodeLabel_fs"]
    paper = only(**dict.fromkeys(names), domainAllCode_s=None, releasedDate_tdate=None, uri_s=None)
    assert (paper.abstract, paper.authors, paper.categories) == ("", (), ())
    assert (paper.published_at, paper.announced_on) == (None, None)
    assert paper.url == "https://doi.org/10.5555/tea.1"


def test_bad_records_are_reported() -> None:
    rows = [document(), document(2, title_s=None, en_title_s=None), []]
    with answering(answer_of(*rows)) as interface:
        assert fetched(interface)[1:] == [
            BadRecord("paper hal-04800002", "it has no title"),
            BadRecord("record 3", "it is not a JSON object"),
        ]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        *JSON_TROUBLES,
        (Answer('{"response": {}}'), "its response has no list “docs”"),
        (Answer('{"error": {"msg": "undefined field x", "code": 400}}'), "undefined field x"),
        (answer_of({"halId_s": "hal-1"}), "0 of 1 records could be read (paper hal-1: it has no"),
    ],
)
def test_trouble_is_one_line(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        message = failure(HalSource(web, base_url=interface.url, today=today, query="tea"))
    assert message.startswith("HAL")
    assert problem in message


@pytest.mark.parametrize(
    ("options", "field"),
    [({}, "query"), ({"domains": "info:x"}, "domains"), ({"domains": "Info"}, "domains")],
)
def test_options_that_cannot_work(options: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        check(SourceSpec(name="hal", kind="hal", options=options))
    assert caught.value.field == field


def test_a_format_that_changed_is_no_crash() -> None:
    def fetch(web: WebClient, url: str) -> None:
        list(HalSource(web, base_url=url, today=today, query="tea").fetch(None))

    check_mutations({"response": {"docs": [document()]}, "nextCursorMark": "x"}, fetch)
