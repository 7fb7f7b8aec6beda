import json
from datetime import datetime

import pytest
from mutations import check_mutations
from query_server import JSON_TROUBLES, Interface, Query, answering, failure, on, papers, today
from sources_server import Answer, browsing

from digestmail.domain import BadRecord, Paper, SourceSpec
from digestmail.errors import InputError
from digestmail.sources.http.client import WebClient
from digestmail.sources.registry import check
from digestmail.sources.services.dblp import DblpSource, venue_names


def hit(number: object = 1, **fields: object) -> dict[str, object]:
    """Return an invented hit; ``fields`` replace those of its publication."""
    info = {
        "authors": {
            "author": [
                {"@pid": "1/2", "text": "Wei Wang 0001"},
                {"@pid": "3/4", "text": "José Núñez"},
            ]
        },
        "title": "Tea &amp; graphs.",
        "venue": "ICML",
        "year": "2026",
        "type": "Conference and Workshop Papers",
        "key": f"conf/icml/Wang{number}",
        "doi": f"10.5555/Tea.{number}",
        "ee": f"https://doi.org/10.5555/Tea.{number}",
        "url": f"https://dblp.org/rec/conf/icml/Wang{number}",
    }
    return {"@score": "1", "@id": str(number), "info": info | fields}


def answer_of(hits: object, total: int) -> Answer:
    listed = {} if hits is None else {"hit": hits}
    return Answer(json.dumps({"result": {"hits": {"@total": str(total)} | listed}}))


def fetched(
    interface: Interface, since: datetime | None = None, venues: tuple[str, ...] = ("conf/icml",)
) -> list[Paper | BadRecord]:
    with browsing() as web:
        source = DblpSource(web, base_url=interface.url, today=today, venues=venues)
        return list(source.fetch(since))


def only(**fields: object) -> Paper:
    with answering(answer_of([hit(**fields)], 1)) as interface:
        (paper,) = papers(fetched(interface))
    return paper


def test_a_publication() -> None:
    assert only() == Paper(
        key="doi:10.5555/tea.1",
        title="Tea & graphs",
        authors=("Wei Wang", "José Núñez"),
        categories=("ICML",),
        url="https://doi.org/10.5555/Tea.1",
        doi="10.5555/tea.1",
        aliases=("dblp:conf/icml/Wang1",),
        source="dblp",
    )


def test_the_queries() -> None:
    with answering(answer_of(None, 0)) as interface, browsing() as web:
        venues = ("conf/icml", "journals/jmlr")
        source = DblpSource(web, base_url=interface.url, today=today, query="tea", venues=venues)
        assert list(source.fetch(None)) == []
    assert [query.options["q"] for query in interface.asked] == [
        "tea stream:streams/conf/icml: year:2026:",
        "tea stream:streams/journals/jmlr: year:2026:",
    ]
    assert {query.path for query in interface.asked} == {"/search/publ/api"}


def test_without_venues_the_query_stands_alone() -> None:
    with answering(answer_of(None, 0)) as interface, browsing() as web:
        list(DblpSource(web, base_url=interface.url, today=today, query="tea|pot").fetch(None))
    assert interface.asked[0].options["q"] == "tea|pot year:2026:"


def test_the_last_year_is_read_until_its_stragglers_are_in() -> None:
    with answering(answer_of(None, 0)) as interface:
        fetched(interface, on(2026, 1, 20))
    assert [query.options["q"][-10:] for query in interface.asked] == ["year:2026:", "year:2025:"]


def test_pages_follow_the_total() -> None:
    def answer(query: Query) -> Answer:
        first = int(query.options["f"])
        return answer_of([hit(n) for n in range(first, min(first + 1000, 2500))], 2500)

    with answering(answer) as interface:
        assert len(papers(fetched(interface))) == 2500
    assert [query.options["f"] for query in interface.asked] == ["0", "1000", "2000"]


def test_a_total_that_is_too_large_ends_at_the_empty_page() -> None:
    def answer(query: Query) -> Answer:
        return answer_of([hit()] if query.options["f"] == "0" else None, 9)

    with answering(answer) as interface:
        assert len(fetched(interface)) == 1
    assert len(interface.asked) == 2


def test_a_single_hit_and_a_single_author_are_objects() -> None:
    lonely = hit(authors={"author": {"@pid": "1/2", "text": "Ada Kettle"}})
    with answering(answer_of(lonely, 1)) as interface:
        (paper,) = papers(fetched(interface))
    assert paper.authors == ("Ada Kettle",)


@pytest.mark.parametrize(
    ("fields", "key", "aliases"),
    [
        (
            {"doi": "10.48550/ARXIV.2610.00001", "ee": "https://doi.org/10.48550/arXiv.2610.00001"},
            "arxiv:2610.00001",
            ("dblp:conf/icml/Wang1",),
        ),
        (
            {
                "doi": None,
                "ee": ["https://proceedings.example/1", "http://arxiv.org/abs/1912.00001"],
            },
            "arxiv:1912.00001",
            ("dblp:conf/icml/Wang1",),
        ),
        ({"doi": None, "ee": None}, "dblp:conf/icml/Wang1", ()),
    ],
)
def test_keys(fields: dict[str, object], key: str, aliases: tuple[str, ...]) -> None:
    paper = only(**fields)
    assert (paper.key, paper.aliases) == (key, aliases)


def test_nulls_and_lists() -> None:
    paper = only(authors=None, venue=["ICML", "TeaWorkshop"], ee=None, doi=None)
    assert (paper.authors, paper.categories) == ((), ("ICML",))
    assert paper.url == "https://dblp.org/rec/conf/icml/Wang1"


def test_proceedings_are_no_papers() -> None:
    with answering(answer_of([hit(), hit(2, type="Editorship")], 2)) as interface:
        assert len(fetched(interface)) == 1


def test_bad_records_are_reported() -> None:
    with answering(answer_of([hit(), hit(2, title=None), "x"], 3)) as interface:
        assert fetched(interface)[1:] == [
            BadRecord("paper conf/icml/Wang2", "it has no title"),
            BadRecord("record 3", "it is not a JSON object"),
        ]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        *JSON_TROUBLES,
        (Answer('{"result": {"hits": {}}}'), "its response has no total"),
        (
            answer_of([{"info": {"key": "x"}}], 1),
            "0 of 1 records could be read (paper x: it has no",
        ),
    ],
)
def test_trouble_is_one_line(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        message = failure(DblpSource(web, base_url=interface.url, today=today, query="tea"))
    assert message.startswith("DBLP")
    assert problem in message


def test_venues() -> None:
    venues = "conf/icml, https://dblp.org/db/conf/icml/, journals/jmlr,streams/conf/sp"
    assert venue_names({"venues": venues}) == ("conf/icml", "journals/jmlr", "conf/sp")


@pytest.mark.parametrize(
    ("options", "field"),
    [({}, "query"), ({"venues": "ICML"}, "venues"), ({"venues": "x/y"}, "venues")],
)
def test_options_that_cannot_work(options: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        check(SourceSpec(name="dblp", kind="dblp", options=options))
    assert caught.value.field == field


def test_a_format_that_changed_is_no_crash() -> None:
    def fetch(web: WebClient, url: str) -> None:
        list(DblpSource(web, base_url=url, today=today, query="tea").fetch(None))

    check_mutations({"result": {"hits": {"@total": "1", "hit": [hit()]}}}, fetch)
