import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from mutations import check_mutations
from query_server import (
    HTML,
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

from digestmail.domain import BadRecord, Paper, SourceSpec
from digestmail.errors import InputError
from digestmail.sources.http.client import WebClient
from digestmail.sources.registry import check
from digestmail.sources.services.openreview import OpenReviewSource, venue_ids

RECORDED = RECORDINGS / "openreview"
ICLR = "ICLR.cc/2026/Conference"


def milliseconds(*ymd: int) -> int:
    return int(datetime(ymd[0], ymd[1], ymd[2], tzinfo=UTC).timestamp() * 1000)


def note(number: object = 1, content: dict[str, object] | None = None, **fields: object) -> object:
    """Return an invented note; ``content`` and ``fields`` replace its own."""
    values: dict[str, object] = {
        "title": {"value": "Tea at scale"},
        "abstract": {"value": "We scale $n$ teapots.\nWell."},
        "authors": {"value": ["Ada Kettle", "José Núñez"]},
        "venue": {"value": "ICLR 2026 Oral"},
        "pdf": {"value": "/pdf/1.pdf"},
        "TLDR": {"value": "Teapots scale."},
    }
    return {
        "id": f"note{number}",
        "forum": f"note{number}",
        "tcdate": milliseconds(2026, 5, 1),
        "tmdate": milliseconds(2026, 10, 5),
        "pdate": milliseconds(2026, 10, 4),
        "content": values | (content or {}),
    } | fields


def answer_of(*notes: object) -> Answer:
    return Answer(json.dumps({"notes": notes, "count": len(notes)}))


class OpenReview:
    """An interface with an account and the notes of its venues, the last changed first."""

    def __init__(self, notes: Sequence[object] = ()) -> None:
        self.notes = notes
        self.token = "t0ken"

    def __call__(self, query: Query) -> Answer:
        if query.path == "/login":
            is_known = json.loads(query.body) == {"id": "ops@example.org", "password": SECRET}
            refusal = Answer('{"message": "Invalid username or password"}', status=400)
            return Answer(json.dumps({"token": self.token})) if is_known else refusal
        if query.headers.get("authorization") != f"Bearer {self.token}":
            return Answer('{"message": "challenge required"}', status=403)
        first = int(query.options["offset"])
        return answer_of(*self.notes[first : first + int(query.options["limit"])])


def source(interface: Interface, web: WebClient, password: str = SECRET) -> OpenReviewSource:
    return OpenReviewSource(
        [ICLR],
        web,
        base_url=interface.url,
        today=today,
        username="ops@example.org" if password else "",
        password=password,
    )


def fetched(interface: Interface, since: datetime | None = None) -> list[Paper | BadRecord]:
    with browsing() as web:
        return list(source(interface, web).fetch(since))


def only(content: dict[str, object] | None = None, **fields: object) -> Paper:
    with answering(OpenReview([note(content=content, **fields)])) as interface:
        (paper,) = papers(fetched(interface))
    return paper


def test_a_paper() -> None:
    assert only() == Paper(
        key="openreview:note1",
        title="Tea at scale",
        abstract="We scale $n$ teapots. Well.",
        authors=("Ada Kettle", "José Núñez"),
        categories=("ICLR 2026 Oral",),
        url="https://openreview.net/forum?id=note1",
        summary="Teapots scale.",
        summary_source="the authors",
        pdf_url="https://openreview.net/pdf?id=note1",
        published_at=on(2026, 10, 4),
        source="openreview",
    )


def test_it_logs_in_once_and_asks_for_what_changed_last() -> None:
    with answering(OpenReview([note()])) as interface:
        fetched(interface)
    login, first, second = interface.asked
    assert json.loads(login.body)["id"] == "ops@example.org"
    assert SECRET not in str(login.options)
    assert first.options["content.venueid"] == ICLR
    assert first.options["sort"] == "tmdate:desc"
    assert (first.options["offset"], second.options["offset"]) == ("0", "1")


def test_pages_end_where_nothing_changed_lately() -> None:
    notes = [note(n) for n in range(700)]
    notes += [note(n, tmdate=milliseconds(2026, 8, 1)) for n in range(700, 2000)]
    with answering(OpenReview(notes)) as interface:
        assert len(papers(fetched(interface))) == 700
    assert [query.options.get("offset") for query in interface.asked] == [None, "0", "500", "1000"]


def test_since_reaches_back() -> None:
    notes = [note(1), note(2, tmdate=milliseconds(2026, 8, 1))]
    with answering(OpenReview(notes)) as interface:
        assert len(papers(fetched(interface, on(2026, 8, 10)))) == 2


def test_deleted_notes_are_passed_over() -> None:
    with answering(OpenReview([note(1), note(2, ddate=milliseconds(2026, 10, 5))])) as interface:
        assert len(fetched(interface)) == 1


def test_nulls_and_hidden_authors() -> None:
    names = ["abstract", "authors", "venue", "pdf", "TLDR"]
    paper = only(dict.fromkeys(names), pdate=None)
    assert (paper.abstract, paper.authors, paper.categories) == ("", (), ())
    assert (paper.summary, paper.summary_source, paper.pdf_url) == ("", "", "")
    assert paper.published_at == on(2026, 5, 1)


def test_fields_of_older_notes_are_not_wrapped() -> None:
    paper = only({"title": "Old tea", "authors": ["Bo Spout"], "abstract": "Old."})
    assert (paper.title, paper.authors, paper.abstract) == ("Old tea", ("Bo Spout",), "Old.")


@pytest.mark.parametrize("moment", [milliseconds(2027, 3, 1), "soon", 10**30, -1, True, None])
def test_dates_that_cannot_be(moment: object) -> None:
    paper = only(pdate=moment, odate=None, cdate=None, tcdate=None)
    assert paper.published_at is None


def test_bad_records_are_reported() -> None:
    with answering(OpenReview([note(), note(2, {"title": {"value": ""}}), 7])) as interface:
        assert fetched(interface)[1:] == [
            BadRecord("paper note2", "it has no title"),
            BadRecord("record 3", "it is not a JSON object"),
        ]


def test_a_wrong_password_is_one_line() -> None:
    with answering(OpenReview()) as interface, browsing() as web:
        message = failure(source(interface, web, "another"))
    assert message == "OpenReview: it refuses the login (400 Bad Request)"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer("{}"), "its login brought no token"),
        (Answer(HTML), "its response is not JSON"),
        (Answer(status=429), "it refuses the login (429 Too Many Requests)"),
        (Answer(status=503), "answered 503 Service Unavailable"),
        (Answer(status=302, headers={"Location": "https://evil.example"}), "answered 302 Found"),
    ],
)
def test_a_login_that_fails(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        assert problem in failure(source(interface, web))


def test_without_an_account_the_advice_is_to_have_one() -> None:
    with answering(OpenReview()) as interface, browsing() as web:
        message = failure(source(interface, web, ""))
    assert "refuses the query (403 Forbidden): challenge required; set username" in message
    assert [query.path for query in interface.asked] == ["/notes"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        *JSON_TROUBLES,
        (Answer('{"count": 0}'), "its response has no list “notes”"),
        (answer_of({"id": "x"}), "0 of 1 records could be read (paper x: it has no title)"),
    ],
)
def test_trouble_is_one_line(answer: Answer, problem: str) -> None:
    def answer_after_login(query: Query) -> Answer:
        return Answer('{"token": "t0ken"}') if query.path == "/login" else answer

    with answering(answer_after_login) as interface, browsing() as web:
        message = failure(source(interface, web))
    assert message.startswith("OpenReview")
    assert problem in message


def test_venues() -> None:
    assert venue_ids({"venues": f"{ICLR}, TMLR"}) == (ICLR, "TMLR")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, "venues"),
        ({"venues": "ICLR 2026"}, "venues"),
        ({"venues": "TMLR", "username": "a@example.org"}, "password"),
        ({"venues": "TMLR", "password": "x"}, "username"),
    ],
)
def test_options_that_cannot_work(options: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        check(SourceSpec(name="openreview", kind="openreview", options=options))
    assert caught.value.field == field


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_notes() -> None:
    (path,) = RECORDED.glob("*.json")
    notes = json.loads(path.read_text(encoding="utf-8"))["notes"]
    with answering(OpenReview(notes)) as interface:
        found = papers(fetched(interface, on(2026, 3, 1)))
    assert [(paper.key, paper.authors) for paper in found] == [
        ("openreview:abc123", ("Jane Doe", "John Roe")),
        ("openreview:old456", ("Archived Author",)),
    ]


def test_a_format_that_changed_is_no_crash() -> None:
    def fetch(web: WebClient, url: str) -> None:
        list(OpenReviewSource([ICLR], web, base_url=url, today=today).fetch(None))

    check_mutations({"notes": [note()]}, fetch)
