import json
from collections.abc import Callable, Sequence
from datetime import date, datetime

import pytest
from mutations import check_mutations
from query_server import JSON_TROUBLES, Interface, Query, answering, failure, on, papers, today
from sources_server import RECORDINGS, Answer, browsing

from digestmail.domain import BadRecord, Paper, SourceSpec
from digestmail.errors import InputError
from digestmail.sources.http.client import WebClient
from digestmail.sources.registry import check
from digestmail.sources.services.crossref import CrossrefSource, issn_list

RECORDED = RECORDINGS / "crossref"
NATURE, EPHEMERAL = "1476-4687", "2041-1723"


def work(number: object = 1, **fields: object) -> dict[str, object]:
    """Return an invented work; ``fields`` replace its own."""
    return {
        "DOI": f"10.5555/Tea.{number}",
        "type": "journal-article",
        "title": ["Tea &amp; <i>graphs</i>"],
        "subtitle": [],
        "abstract": "<jats:title>Abstract</jats:title>\n <jats:p>We pour H<jats:sub>2</jats:sub>O"
        " at p &lt; 1.</jats:p><jats:sec><jats:title>Methods</jats:title><jats:p>By hand.</jats:p>"
        "</jats:sec>",
        "author": [
            {"given": "Ada", "family": "Kettle", "sequence": "first"},
            {"given": "José", "family": "Núñez Ortega"},
            {"name": "The Teapot Consortium"},
        ],
        "created": {"date-time": "2026-10-05T11:12:13Z"},
        "issued": {"date-parts": [[2026, 10, 4]]},
        "container-title": ["Journal of Tea", "J. Tea"],
    } | fields


def answer_of(*works: object, cursor: str | None = None) -> Answer:
    message = {"items": works, "next-cursor": cursor, "total-results": len(works)}
    return Answer(json.dumps({"status": "ok", "message": message}))


def by_cursor(*pages: Sequence[object]) -> Callable[[Query], Answer]:
    """Answer one page after the other, then an empty one."""

    def answer(query: Query) -> Answer:
        cursor = query.options["cursor"]
        number = 0 if cursor == "*" else int(cursor)
        return answer_of(*(pages[number] if number < len(pages) else []), cursor=str(number + 1))

    return answer


def source(interface: Interface, web: WebClient, *issns: str, email: str = "") -> CrossrefSource:
    return CrossrefSource(issns or (NATURE,), web, base_url=interface.url, today=today, email=email)


def fetched(
    interface: Interface, since: datetime | None = None, *issns: str, email: str = ""
) -> list[Paper | BadRecord]:
    with browsing() as web:
        return list(source(interface, web, *issns, email=email).fetch(since))


def only(**fields: object) -> Paper:
    with answering(by_cursor([work(**fields)])) as interface:
        (paper,) = papers(fetched(interface))
    return paper


def test_an_article() -> None:
    assert only() == Paper(
        key="doi:10.5555/tea.1",
        title="Tea & graphs",
        abstract="We pour H₂O at p < 1. Methods: By hand.",
        authors=("Ada Kettle", "José Núñez Ortega", "The Teapot Consortium"),
        categories=("Journal of Tea",),
        url="https://doi.org/10.5555/tea.1",
        doi="10.5555/tea.1",
        published_at=on(2026, 10, 4),
        announced_on=date(2026, 10, 5),
        source="crossref",
    )


def test_the_query() -> None:
    with answering(by_cursor([work()])) as interface:
        fetched(interface, on(2026, 10, 1), NATURE, email="ops@example.org")
    first, second = interface.asked
    assert first.path == f"/journals/{NATURE}/works"
    assert first.options["filter"] == "from-created-date:2026-09-28"
    assert first.options["mailto"] == "ops@example.org"
    assert (first.options["cursor"], second.options["cursor"]) == ("*", "1")
    assert "mailto:ops@example.org" in first.headers["user-agent"]


def test_pages_of_each_journal() -> None:
    pages = [[work(n) for n in range(3)], [work(n) for n in range(3, 5)]]
    with answering(by_cursor(*pages)) as interface:
        found = papers(fetched(interface, None, NATURE, EPHEMERAL))
    assert [paper.doi[-1] for paper in found] == list("01234")
    assert [query.path.split("/")[2] for query in interface.asked] == [NATURE] * 3 + [EPHEMERAL] * 3


def test_the_cursor_may_stay_the_same() -> None:
    remaining = [[work(1)], [work(2)], []]
    with answering(lambda _: answer_of(*remaining.pop(0), cursor="same")) as interface:
        assert len(fetched(interface)) == 2


def test_a_server_that_repeats_its_page_is_left() -> None:
    with answering(answer_of(work(), cursor="same")) as interface:
        assert len(fetched(interface)) == 1
    assert len(interface.asked) == 2


def test_a_past_day() -> None:
    with answering(by_cursor([work()])) as interface, browsing() as web:
        assert len(list(source(interface, web).fetch_day(date(2026, 10, 5)))) == 1
    assert interface.asked[0].options["filter"] == (
        "from-created-date:2026-10-05,until-created-date:2026-10-05"
    )


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"subtitle": ["A survey"]}, "Tea & graphs: A survey"),
        ({"title": ["Tea: A survey"], "subtitle": ["A survey"]}, "Tea: A survey"),
        ({"title": ["Tea:"], "subtitle": ["A survey"]}, "Tea: A survey"),
        ({"title": ["The role of\n  <scp>AI</scp>\n  in tea"]}, "The role of AI in tea"),
        ({"title": ["One", "Another"], "subtitle": None}, "One"),
    ],
)
def test_titles(fields: dict[str, object], title: str) -> None:
    assert only(**fields).title == title


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ({"given": "Wei", "family": "XU"}, "Wei Xu"),
        ({"given": "SINÉAD", "family": "O'NEILL"}, "Sinéad O'Neill"),
        ({"given": "JP", "family": "van der Berg"}, "J. P. van der Berg"),
        ({"given": "WEI", "family": "XU"}, "Wei Xu"),
        ({"given": "A. B.", "family": "Temple Lang"}, "A. B. Temple Lang"),
        ({"given": None, "family": "Plato"}, "Plato"),
        ({"given": "小明", "family": "王"}, "王小明"),
        ({"family": "Kettle", "given": "Ada", "suffix": "Jr."}, "Ada Kettle"),
    ],
)
def test_names(author: dict[str, object], name: str) -> None:
    assert only(author=[author]).authors == (name,)


@pytest.mark.parametrize(
    ("issued", "published"),
    [
        ([[2026, 10]], datetime.fromisoformat("2026-10-05T11:12:13Z")),
        ([[2026]], datetime.fromisoformat("2026-10-05T11:12:13Z")),
        ([[None]], datetime.fromisoformat("2026-10-05T11:12:13Z")),
        ([[2027, 3, 1]], datetime.fromisoformat("2026-10-05T11:12:13Z")),
        ([], datetime.fromisoformat("2026-10-05T11:12:13Z")),
        ([[2026, 2, 30]], datetime.fromisoformat("2026-10-05T11:12:13Z")),
        ([[2026, 1, 1]], on(2026, 1, 1)),
    ],
)
def test_the_day_of_publication(issued: object, published: datetime) -> None:
    assert only(issued={"date-parts": issued}).published_at == published


@pytest.mark.parametrize(
    "fields",
    [
        {"issued": {"date-parts": [[1998, 11, 2]]}},
        {"type": "journal-issue"},
        {"title": ["Issue Information"]},
        {"update-to": [{"DOI": "10.5555/x", "type": "retraction"}]},
    ],
)
def test_records_that_are_no_news(fields: dict[str, object]) -> None:
    with answering(by_cursor([work(2), work(**fields)])) as interface:
        assert [paper.key for paper in papers(fetched(interface))] == ["doi:10.5555/tea.2"]


def test_a_preprint_and_its_article_are_one_paper() -> None:
    relation = {
        "has-preprint": [{"id-type": "doi", "id": "10.48550/arXiv.2610.00007"}],
        "is-same-as": [{"id-type": "doi", "id": "10.5555/Twin"}, {"id-type": "uri", "id": "x"}],
        "has-review": [{"id-type": "doi", "id": "10.5555/review"}],
    }
    assert only(relation=relation).aliases == ("arxiv:2610.00007", "doi:10.5555/twin")


def test_nulls() -> None:
    names = ["abstract", "author", "container-title", "issued", "created", "relation", "subtitle"]
    paper = only(**dict.fromkeys(names))
    assert (paper.abstract, paper.authors, paper.categories) == ("", (), ())
    assert (paper.published_at, paper.announced_on) == (None, None)


def test_bad_records_are_reported() -> None:
    rows = [work(), work(2, title=[]), work(3, DOI="none"), 7]
    with answering(by_cursor(rows)) as interface:
        assert fetched(interface)[1:] == [
            BadRecord("paper 10.5555/Tea.2", "it has no title"),
            BadRecord("paper none", "it has no DOI"),
            BadRecord("record 4", "it is not a JSON object"),
        ]


def test_a_quiet_journal() -> None:
    with answering(answer_of()) as interface:
        assert fetched(interface) == []


def test_an_unknown_journal_does_not_hide_the_others() -> None:
    def answer(query: Query) -> Answer:
        is_known = NATURE in query.path
        return by_cursor([work()])(query) if is_known else Answer("Resource not found.", status=404)

    with answering(answer) as interface:
        results = fetched(interface, None, EPHEMERAL, NATURE)
    assert [type(result) for result in results] == [Paper, BadRecord]
    assert results[1] == BadRecord(f"ISSN {EPHEMERAL}", "Crossref has no journal with it")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        *JSON_TROUBLES,
        (Answer("Resource not found.", status=404), f"it has no journal with the ISSN {NATURE}"),
        (Answer('{"message": {}}'), "its response has no list “items”"),
        (answer_of({"DOI": "10.5555/1"}), "0 of 1 records could be read (paper 10.5555/1: it has"),
    ],
)
def test_trouble_is_one_line(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        message = failure(source(interface, web))
    assert message.startswith("Crossref")
    assert problem in message


def test_issns() -> None:
    assert issn_list({"issn": "14764687, 2041-1723,1476-4687"}) == (NATURE, EPHEMERAL)
    assert issn_list({"issn": "2434-561x"}) == ("2434-561X",)


@pytest.mark.parametrize("wrong", ["", "nature", "1476-468", "1476-4688", "1476-4687;2041-1723"])
def test_an_issn_that_is_none(wrong: str) -> None:
    with pytest.raises(InputError, match=r"is not a valid ISSN|is missing") as caught:
        check(SourceSpec(name="nature", kind="crossref", options={"issn": wrong}))
    assert caught.value.field == "issn"


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_answers() -> None:
    for path in RECORDED.glob("*works*.json"):
        content = path.read_bytes()
        works = json.loads(content)["message"]["items"]
        with answering(Answer(content)) as interface:
            results = fetched(interface)
        found = papers(results)
        assert len(found) == len(results)
        assert len(found) >= len(works) // 2
        assert not any("jats" in paper.abstract or "<" in paper.title for paper in found)
        assert not any(paper.abstract.lower().startswith("abstract") for paper in found)


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_a_recorded_refusal() -> None:
    (path,) = RECORDED.glob("*404.txt")
    with answering(Answer(path.read_bytes(), status=404)) as interface, browsing() as web:
        assert "has no journal with the ISSN" in failure(source(interface, web))


def test_a_format_that_changed_is_no_crash() -> None:
    def fetch(web: WebClient, url: str) -> None:
        list(CrossrefSource([NATURE], web, base_url=url, today=today).fetch(None))

    preprint = {"id-type": "doi", "id": "10.48550/arXiv.2610.00007"}
    row = work(relation={"has-preprint": [preprint]})
    check_mutations({"message": {"items": [row], "next-cursor": "x"}}, fetch)
