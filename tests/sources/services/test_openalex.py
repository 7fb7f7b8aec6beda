import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from query_server import (
    JSON_TROUBLES,
    SECRET,
    Interface,
    Query,
    answering,
    failure,
    on,
    papers,
    today,
)
from sources_server import RECORDINGS, Answer, browsing

from digestmail.domain import BadRecord, Paper
from digestmail.errors import InputError
from digestmail.sources.services.openalex import OpenalexSource, abstract, concept_ids

RECORDED = RECORDINGS / "openalex"


def work(number: object = 1, **parts: object) -> dict[str, object]:
    """An invented work, ``parts`` replace its fields."""
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": "https://doi.org/10.1000/Tea",
        "ids": {"pmid": "https://pubmed.ncbi.nlm.nih.gov/7", "mag": 12},
        "display_name": "Tea <i>in</i> graphs",
        "publication_date": "2026-10-05",
        "authorships": [
            {"author": {"display_name": "Ada Kettle"}},
            {"author": None, "raw_author_name": "Spout, Bo"},
        ],
        "topics": [{"display_name": "Tea Studies"}],
        "primary_location": {"landing_page_url": "https://example.org/tea"},
        "locations": [],
        "abstract_inverted_index": {"tea.": [2, 4], "We": [0], "pour": [1], "and": [3]},
        "is_retracted": False,
    } | parts


def by_cursor(*pages: list[dict[str, object]]) -> Callable[[Query], Answer]:
    """One page after the other, by cursor or by number; an empty one at last."""

    def answer(query: Query) -> Answer:
        cursor = query.options.get("cursor", "*").replace("*", "0")
        number = int(query.options.get("page", int(cursor) + 1)) - 1
        rows = pages[number] if number < len(pages) else []
        return Answer(json.dumps({"meta": {"next_cursor": str(number + 1)}, "results": rows}))

    return answer


def fetched(
    interface: Interface, since: datetime | None = None, **options: Any
) -> list[Paper | BadRecord]:
    with browsing() as web:
        source = OpenalexSource(web, base_url=interface.url, today=today, **options)
        return list(source.fetch(since))


def one(**parts: object) -> Paper:
    with answering(by_cursor([work(**parts)])) as interface:
        (paper,) = papers(fetched(interface))
    return paper


def test_a_work() -> None:
    assert one() == Paper(
        key="doi:10.1000/tea",
        title="Tea in graphs",
        abstract="We pour tea. and tea.",
        authors=("Ada Kettle", "Bo Spout"),
        categories=("Tea Studies",),
        url="https://example.org/tea",
        doi="10.1000/tea",
        aliases=("pmid:7", "openalex:W1"),
        published_at=on(2026, 10, 5),
        source="openalex",
    )


def test_what_is_asked() -> None:
    options = {"search": "tea, pots", "email": "ops@example.org", "api_key": SECRET}
    with answering(by_cursor()) as interface:
        fetched(interface, on(2026, 10, 1), concepts=("C1", "T2", "C3"), **options)
    (query,) = interface.asked
    assert query.path == "/works"
    assert query.options["filter"] == (
        "from_publication_date:2026-09-17,concepts.id:C1|C3,topics.id:T2"
    )
    assert query.options["search"] == "tea, pots"
    assert query.options["cursor"] == "*"
    assert (query.options["mailto"], query.options["api_key"]) == ("ops@example.org", SECRET)


@pytest.mark.parametrize(
    ("key", "option", "expected"),
    [(SECRET, "cursor", ["*", "1", "2"]), ("", "page", ["1", "2", "3"])],
)
def test_pages_go_by_cursor_with_a_key_and_by_number_without(
    key: str, option: str, expected: list[str]
) -> None:
    pages = [[work(n, doi=None, ids=None)] for n in range(2)]
    with answering(by_cursor(*pages)) as interface:
        found = papers(fetched(interface, api_key=key))
    assert [paper.key for paper in found] == ["openalex:W0", "openalex:W1"]
    assert [query.options[option] for query in interface.asked] == expected


def test_the_last_page_has_no_cursor() -> None:
    answer = json.dumps({"meta": {"next_cursor": None}, "results": [work()]})
    with answering(Answer(answer)) as interface:
        assert len(fetched(interface, api_key=SECRET)) == 1
    assert len(interface.asked) == 1


def test_a_query_that_finds_too_much_is_told() -> None:
    pages = [[work(n * 100 + m, doi=None, ids=None) for m in range(100)] for n in range(101)]
    with answering(by_cursor(*pages)) as interface:
        results = fetched(interface, api_key=SECRET)
    assert (len(papers(results)), len(interface.asked)) == (10_000, 101)
    assert isinstance(results[-1], BadRecord)
    assert "more than 10,000 papers" in results[-1].problem


@pytest.mark.parametrize(
    ("parts", "key", "aliases"),
    [
        (
            {"doi": "https://doi.org/10.48550/arXiv.2610.00001"},
            "arxiv:2610.00001",
            ("pmid:7", "openalex:W1"),
        ),
        (
            {"locations": [{"landing_page_url": "http://arxiv.org/abs/2610.00001"}, None]},
            "arxiv:2610.00001",
            ("doi:10.1000/tea", "pmid:7", "openalex:W1"),
        ),
        ({"doi": None}, "openalex:W1", ("pmid:7",)),
        ({"doi": None, "id": None}, "pmid:7", ()),
    ],
)
def test_keys_and_aliases(parts: dict[str, object], key: str, aliases: tuple[str, ...]) -> None:
    paper = one(**parts)
    assert (paper.key, paper.aliases) == (key, aliases)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-10-07", on(2026, 10, 7)),
        ("2026-10-08", None),
        ("2027-01-01", None),
        ("2026-01-01", None),
        (None, None),
    ],
)
def test_dates_that_say_little_are_left_out(given: str | None, expected: datetime | None) -> None:
    assert one(publication_date=given).published_at == expected


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ({"b": [10**30], "a": [0]}, "a b"),
        ({"a": None, "b": ["x", 1], "c": {}}, "b"),
        (None, ""),
        ([], ""),
    ],
)
def test_abstracts_are_put_together(index: object, expected: str) -> None:
    assert abstract(index) == expected


def test_nulls_and_retractions() -> None:
    names = ["ids", "authorships", "topics", "primary_location", "locations", "publication_date"]
    paper = one(**dict.fromkeys(names), abstract_inverted_index=None)
    assert (paper.abstract, paper.authors, paper.categories) == ("", (), ())
    assert paper.url == "https://doi.org/10.1000/tea"
    with answering(by_cursor([work(is_retracted=True)])) as interface:
        assert fetched(interface) == []


def test_bad_records_are_told() -> None:
    with answering(by_cursor([work(), work(2, display_name=None)])) as interface:
        assert fetched(interface)[1:] == [
            BadRecord("paper https://openalex.org/W2", "it has no title")
        ]


def test_concepts_and_topics() -> None:
    assert concept_ids("C41, https://openalex.org/T10 C41") == ("C41", "T10")
    assert concept_ids(" ") == ()


@pytest.mark.parametrize("wrong", ["tea", "W12", "C", "C1|C2", "C1,x:y"])
def test_what_is_no_concept(wrong: str) -> None:
    with pytest.raises(InputError, match="is not an OpenAlex id of a concept") as caught:
        concept_ids(wrong)
    assert caught.value.field == "concepts"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        *JSON_TROUBLES,
        (Answer('{"meta": {}}'), "its response has no list “results”"),
        (Answer('{"results": [{"title": ""}]}'), "0 of 1 records could be read (record 1: it has"),
        (Answer(f'{{"message": "key {SECRET}?"}}', status=401), "key ***?"),
    ],
)
def test_trouble_is_told(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        source = OpenalexSource(
            web, base_url=interface.url, today=today, search="tea", api_key=SECRET
        )
        message = failure(source)
    assert message.startswith("OpenAlex")
    assert problem in message


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_works() -> None:
    (path,) = RECORDED.glob("*batch_response.json")
    recorded = json.loads(path.read_text(encoding="utf-8"))["results"]
    titled = [result | {"display_name": f"Work {n}"} for n, result in enumerate(recorded)]
    with answering(by_cursor(titled)) as interface:
        found = papers(fetched(interface))
    assert [paper.key for paper in found] == [
        "arxiv:1706.03762",
        "arxiv:2301.00001",
        "arxiv:2305.12345",
    ]
    assert found[0].aliases == ("openalex:W2741809807",)


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_a_recorded_answer_without_works() -> None:
    (path,) = RECORDED.glob("*not_found.json")
    with answering(Answer(path.read_bytes())) as interface:
        assert fetched(interface, api_key=SECRET) == []


@pytest.mark.parametrize(
    ("parts", "pdf"),
    [
        ({"best_oa_location": {"pdf_url": "https://a.example/1.pdf"}}, "https://a.example/1.pdf"),
        (
            {"best_oa_location": None, "locations": [{}, {"pdf_url": "https://b.example/2.pdf"}]},
            "https://b.example/2.pdf",
        ),
        ({"best_oa_location": {"pdf_url": "file:///etc/passwd"}}, ""),
        ({"best_oa_location": "x", "locations": "y"}, ""),
    ],
)
def test_the_free_pdf(parts: dict[str, object], pdf: str) -> None:
    assert one(**parts).pdf_url == pdf
