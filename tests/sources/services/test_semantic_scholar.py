import json
from datetime import datetime

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
from sources_server import Answer, browsing

from digestmail.domain import BadRecord, Paper
from digestmail.errors import InputError, SourceError
from digestmail.sources.services.semantic_scholar import SemanticScholarSource


def found(number: object = 1, **parts: object) -> dict[str, object]:
    """A record of an invented paper; ``parts`` replace its fields."""
    return {
        "paperId": f"{number!s:0>40}",
        "externalIds": {"ArXiv": "2610.00001", "DOI": "10.1000/Tea", "PubMed": "7", "CorpusId": 9},
        "url": "https://www.semanticscholar.org/paper/1",
        "title": f"Tea at scale {number}",
        "abstract": "We scale.",
        "authors": [{"authorId": "1", "name": "Ada Kettle"}, {"authorId": None, "name": None}],
        "publicationDate": "2026-10-05",
        "fieldsOfStudy": ["Computer Science"],
    } | parts


def page(*rows: object, token: str | None = None) -> Answer:
    return Answer(json.dumps({"total": 1000, "token": token, "data": rows}))


def fetched(
    interface: Interface, since: datetime | None = None, api_key: str = ""
) -> list[Paper | BadRecord]:
    with browsing() as web:
        source = SemanticScholarSource(
            "tea +pot", web, base_url=interface.url, today=today, api_key=api_key
        )
        return list(source.fetch(since))


def one(**parts: object) -> Paper:
    with answering(page(found(**parts))) as interface:
        (paper,) = papers(fetched(interface))
    return paper


def test_a_paper() -> None:
    assert one() == Paper(
        key="arxiv:2610.00001",
        title="Tea at scale 1",
        abstract="We scale.",
        authors=("Ada Kettle",),
        categories=("Computer Science",),
        url="https://arxiv.org/abs/2610.00001",
        pdf_url="https://arxiv.org/pdf/2610.00001",
        doi="10.1000/tea",
        aliases=("doi:10.1000/tea", "pmid:7", f"s2:{1:040}"),
        published_at=on(2026, 10, 5),
        source="semantic_scholar",
    )


def test_what_is_asked() -> None:
    with answering(page()) as interface:
        assert fetched(interface, on(2026, 10, 1), SECRET) == []
    query = interface.asked[0]
    assert query.path == "/paper/search/bulk"
    assert query.options["query"] == "tea +pot"
    assert query.options["publicationDateOrYear"] == "2026-09-17:"
    assert query.headers["x-api-key"] == SECRET
    assert SECRET not in query.options.values()


def test_without_a_key_none_is_sent() -> None:
    with answering(page()) as interface:
        fetched(interface)
    assert "x-api-key" not in interface.asked[0].headers


def test_the_key_does_not_follow_a_redirect_elsewhere() -> None:
    with answering(page(found())) as other:
        moved = Answer(status=302, headers={"Location": f"{other.url}/moved"})
        with answering(moved) as interface:
            assert len(fetched(interface, api_key=SECRET)) == 1
    assert interface.asked[0].headers["x-api-key"] == SECRET
    assert "x-api-key" not in other.asked[0].headers


def summarised(answer: Answer, *rows: dict[str, object], api_key: str = SECRET) -> list[Paper]:
    """Return the papers of rows whose summaries are answered like this."""

    def respond(query: Query) -> Answer:
        return answer if query.path == "/paper/batch" else page(*rows)

    with answering(respond) as interface:
        return papers(fetched(interface, api_key=api_key))


def test_summaries_are_asked_for_after_the_pages() -> None:
    tldr = {"model": "tldr@v2", "text": "Tea  scales."}
    answer = Answer(json.dumps([None, {"paperId": f"{2:040}", "tldr": tldr}, {"paperId": "x"}]))
    one, two = summarised(answer, *(found(n, externalIds=None) for n in (1, 2)))
    assert (one.summary, one.summary_source) == ("", "")
    assert (two.summary, two.summary_source) == ("Tea scales.", "Semantic Scholar")


@pytest.mark.parametrize(
    "answer", [Answer(status=429), Answer(status=400), Answer("{"), Answer('"x"'), Answer("[[]]")]
)
def test_a_failure_costs_summaries_only(answer: Answer) -> None:
    assert [paper.summary for paper in summarised(answer, found(1))] == [""]


def test_without_a_key_no_summaries_are_asked_for() -> None:
    answer = Answer(json.dumps([{"paperId": f"{1:040}", "tldr": {"text": "Tea."}}]))
    assert summarised(answer, found(1), api_key="")[0].summary == ""


def test_the_papers_before_a_failure_come() -> None:
    def answer(query: Query) -> Answer:
        if "token" in query.options:
            return Answer(status=503)
        return page(found(1, externalIds=None), token="2")

    with answering(answer) as interface, browsing() as web:
        source = SemanticScholarSource("tea", web, base_url=interface.url, today=today)
        results = source.fetch(None)
        assert next(results).title == "Tea at scale 1"  # type: ignore[union-attr]
        with pytest.raises(SourceError, match="503"):
            next(results)


def test_an_open_pdf_is_linked() -> None:
    pdf = {"url": "https://journal.example/tea.pdf", "status": "GOLD"}
    assert one(externalIds=None, openAccessPdf=pdf).pdf_url == "https://journal.example/tea.pdf"
    assert one(externalIds=None, openAccessPdf={"url": "javascript:x"}).pdf_url == ""


def test_pages_follow_the_token() -> None:
    def answer(query: Query) -> Answer:
        number = int(query.options.get("token", "0"))
        row = found(number, externalIds=None)
        return page(row, token=str(number + 1) if number < 4 else None)

    with answering(answer) as interface:
        assert [paper.title[-1] for paper in papers(fetched(interface))] == list("01234")


def test_a_query_that_finds_too_much_is_told() -> None:
    def answer(query: Query) -> Answer:
        number = int(query.options.get("token", "0"))
        rows = [found(n, externalIds=None) for n in range(number, number + 1000)]
        return page(*rows, token=str(number + 1000))

    with answering(answer) as interface:
        results = fetched(interface)
    assert len(papers(results)) == 10_000
    assert results[-1] == BadRecord(
        "the query", "it has more than 10,000 papers, 10,000 were read; narrow the query"
    )


@pytest.mark.parametrize(
    ("ids", "key", "aliases"),
    [
        ({"ArXiv": "hep-th/9901001"}, "arxiv:hep-th/9901001", ("s2:ab",)),
        ({"DOI": "10.48550/arXiv.2610.00002"}, "arxiv:2610.00002", ("s2:ab",)),
        ({"DOI": "10.1000/A", "PubMed": 12}, "doi:10.1000/a", ("pmid:12", "s2:ab")),
        ({"PubMed": "12", "ArXiv": "what?"}, "s2:ab", ("pmid:12",)),
        ({"DOI": None, "MAG": "3"}, "s2:ab", ()),
        (None, "s2:ab", ()),
    ],
)
def test_keys_and_aliases(ids: object, key: str, aliases: tuple[str, ...]) -> None:
    paper = one(externalIds=ids, paperId="ab")
    assert (paper.key, paper.aliases) == (key, aliases)


def test_nulls() -> None:
    names = ["externalIds", "url", "abstract", "authors", "publicationDate", "fieldsOfStudy"]
    paper = one(**dict.fromkeys(names))
    assert (paper.abstract, paper.authors, paper.categories, paper.url) == ("", (), (), "")


@pytest.mark.parametrize("given", ["2026-01-01", "2027-03-01", "2026", None])
def test_dates_that_say_little_are_left_out(given: str | None) -> None:
    assert one(publicationDate=given).published_at is None


def test_bad_records_are_told_and_nulls_passed_over() -> None:
    with answering(page(None, found(), found(2, title=None), 7)) as interface:
        assert fetched(interface)[1:] == [
            BadRecord(f"paper {2:040}", "it has no title"),
            BadRecord("record 4", "it is not a JSON object"),
        ]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        *JSON_TROUBLES,
        (Answer('{"total": 0}'), "its response has no list “data”"),
        (page({"paperId": "x"}), "0 of 1 records could be read (paper x: it has no title)"),
        (page(found(), token="again"), "it repeats its pages endlessly"),
        (Answer(f'{{"message": "{SECRET} is unknown"}}', status=403), "*** is unknown"),
    ],
)
def test_trouble_is_told(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        source = SemanticScholarSource(
            "tea", web, base_url=interface.url, today=today, api_key=SECRET
        )
        message = failure(source)
    assert message.startswith("Semantic Scholar")
    assert problem in message


def test_an_api_key_that_cannot_be_one_is_not_quoted() -> None:
    with browsing() as web, pytest.raises(InputError) as caught:
        SemanticScholarSource("tea", web, today=today, api_key=f"{SECRET}\nHost: x")
    assert SECRET not in str(caught.value)
