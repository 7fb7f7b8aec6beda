import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import pytest
from query_server import (
    JSON_TROUBLES,
    TODAY,
    Interface,
    Query,
    answering,
    failure,
    on,
    papers,
    today,
)
from sources_server import Answer, browsing

from digestmail.domain import BadRecord, Paper
from digestmail.sources.services.huggingface import HuggingFaceSource

Lists = Mapping[str, Sequence[object]]


def listed(number: str = "2610.00001", **parts: object) -> dict[str, object]:
    """A list's entry of an invented paper; ``parts`` replace fields of the inner one."""
    paper = {
        "id": number,
        "title": f"The upvotes\nof teapots {number}",
        "summary": "We count\nteapots.",
        "authors": [{"name": "Ada Kettle", "hidden": False}, {"name": "Bo", "hidden": True}],
        "publishedAt": "2026-10-05T04:00:00.000Z",
        "upvotes": 17,
    }
    outer = {"publishedAt": "2026-10-05T00:00:00.000Z", "title": "outer", "numComments": 3}
    return {"paper": paper | parts, **outer}


def days(lists: Lists) -> Callable[[Query], Answer]:
    """One page for each day named; the next is empty, as is every other day."""

    def answer(query: Query) -> Answer:
        rows = lists.get(query.options["date"], []) if query.options["p"] == "0" else []
        return Answer(json.dumps(rows))

    return answer


def fetched(interface: Interface, since: datetime | None = None) -> list[Paper | BadRecord]:
    with browsing() as web:
        return list(HuggingFaceSource(web, base_url=interface.url, today=today).fetch(since))


def test_a_daily_list() -> None:
    with answering(days({"2026-10-06": [listed()]})) as interface:
        assert fetched(interface) == [
            Paper(
                key="arxiv:2610.00001",
                title="The upvotes of teapots 2610.00001",
                abstract="We count teapots.",
                authors=("Ada Kettle",),
                url="https://arxiv.org/abs/2610.00001",
                pdf_url="https://arxiv.org/pdf/2610.00001",
                upvotes=17,
                published_at=on(2026, 10, 5).replace(hour=4),
                source="huggingface",
            )
        ]


@pytest.mark.parametrize(
    ("since", "first"),
    [
        (None, "2026-09-30"),
        (on(2026, 10, 6), "2026-09-30"),
        (on(2026, 9, 28), "2026-09-28"),
        (on(2027, 1, 1), "2026-09-30"),
    ],
)
def test_the_last_days_are_asked_again(since: datetime | None, first: str) -> None:
    with answering(Answer("[]")) as interface:
        assert fetched(interface, since) == []
    asked = [query.options["date"] for query in interface.asked]
    assert (asked[0], asked[-1], len(set(asked))) == (first, "2026-10-07", len(asked))
    assert {query.path for query in interface.asked} == {"/daily_papers"}


def test_pages_are_asked_until_one_is_empty() -> None:
    def answer(query: Query) -> Answer:
        page = int(query.options["p"])
        rows = [listed(f"2610.0{page}{n:03}") for n in range(50)]
        return Answer(
            json.dumps(rows if query.options["date"] == "2026-10-05" and page < 3 else [])
        )

    with answering(answer) as interface:
        assert len(papers(fetched(interface))) == 150


def test_a_server_without_pages_is_not_asked_for_ever() -> None:
    with answering(lambda _: Answer(json.dumps([listed()]))) as interface:
        assert len(fetched(interface)) == 1
    assert len(interface.asked) == 16


def test_a_day_that_has_not_begun_there_is_quiet() -> None:
    def answer(query: Query) -> Answer:
        is_future = query.options["date"] == TODAY.isoformat()
        return Answer('{"error": "future"}', status=400) if is_future else Answer("[]")

    with answering(answer) as interface:
        assert fetched(interface) == []


def test_withdrawn_papers_are_passed_over() -> None:
    rows = [listed(withdrawnAt="2026-10-06T00:00:00.000Z"), listed("2610.00002", withdrawnAt=None)]
    with answering(days({"2026-10-07": rows})) as interface:
        assert [paper.key for paper in papers(fetched(interface))] == ["arxiv:2610.00002"]


@pytest.mark.parametrize(
    ("given", "expected"), [(None, 0), (-3, 0), ("9", 0), (10**30, 10**9), (140, 140)]
)
def test_upvotes(given: object, expected: int) -> None:
    with answering(days({"2026-10-07": [listed(upvotes=given)]})) as interface:
        (paper,) = papers(fetched(interface))
    assert paper.upvotes == expected


def test_what_the_inner_paper_lacks_is_taken_from_outside() -> None:
    with answering(days({"2026-10-07": [listed(title=None, authors=None)]})) as interface:
        (paper,) = papers(fetched(interface))
    assert (paper.title, paper.authors) == ("outer", ())


def test_bad_records_are_told() -> None:
    rows: list[object] = [listed(), listed("no-id"), 7, None, {"paper": None, "title": "T"}]
    with answering(days({"2026-10-07": rows})) as interface:
        assert fetched(interface)[1:] == [
            BadRecord("paper no-id", "it has no arXiv id"),
            BadRecord("record 3", "it is not a JSON object"),
            BadRecord("paper T", "it has no arXiv id"),
        ]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        *JSON_TROUBLES,
        (Answer('{"papers": []}'), "its response is not a list: its format may have changed"),
        (Answer('[{"arxiv": 1}]'), "0 of 8 records could be read (record 1: it has no arXiv id)"),
    ],
)
def test_trouble_is_told(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        message = failure(HuggingFaceSource(web, base_url=interface.url, today=today))
    assert message.startswith("Hugging Face")
    assert problem in message


def test_its_summary_code_and_project_page() -> None:
    row = listed(
        ai_summary="Counts\n<b>teapots</b>.",
        githubRepo="https://github.com/lab/teapots",
        projectPage="https://teapots.example/",
    )
    with answering(days({"2026-10-06": [row]})) as interface:
        (paper,) = papers(fetched(interface))
    assert (paper.summary, paper.summary_source) == ("Counts teapots.", "Hugging Face")
    assert paper.code_url == "https://github.com/lab/teapots"
    assert paper.project_url == "https://teapots.example/"


@pytest.mark.parametrize("value", [None, "", 7, ["x"], "lab/teapots", "javascript:alert(1)"])
def test_what_is_no_address_is_no_link(value: object) -> None:
    row = listed(ai_summary=None, githubRepo=value, projectPage=value)
    with answering(days({"2026-10-06": [row]})) as interface:
        (paper,) = papers(fetched(interface))
    assert (paper.summary_source, paper.code_url, paper.project_url) == ("", "", "")
