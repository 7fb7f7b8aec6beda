import json
import logging
from collections.abc import Callable, Mapping, Sequence

import pytest
from mutations import check_mutations
from query_server import HTML, SECRET, Interface, Query, answering
from sources_server import RECORDINGS, Answer, Time, browsing

from digestmail.domain import LibraryChanges, LibraryCollection, LibraryItem, Paper
from digestmail.errors import InputError, SourceError
from digestmail.libraries.zotero import ZoteroKey, ZoteroLibrary, describe_key, library_path
from digestmail.sources.http.client import WebClient

RECORDED = RECORDINGS / "zotero"


def item(key: str = "AAAA1111", **data: object) -> dict[str, object]:
    """Return an invented item; ``data`` replace its fields."""
    fields = {
        "key": key,
        "itemType": "journalArticle",
        "title": "Tea at <i>scale</i>",
        "creators": [
            {"creatorType": "author", "firstName": "Ada", "lastName": "Kettle"},
            {"creatorType": "editor", "firstName": "Ed", "lastName": "Itor"},
            {"creatorType": "author", "name": "The Teapot Consortium"},
        ],
        "abstractNote": "We scale.",
        "DOI": f"10.5555/{key}",
        "date": "2026-10-04",
        "collections": ["CCCC1111"],
    }
    return {"key": key, "version": 7, "data": fields | data}


class Zotero:
    """A library of one user that changes by versions, behind a key."""

    def __init__(self, *items: object, version: int = 10, page: int = 100) -> None:
        self.items: Sequence[object] = items
        self.version = version
        self.page = page
        self.deleted: Sequence[str] = ()
        self.trash: Sequence[object] = ()
        self.collections: Sequence[object] = ()
        self.headers: Mapping[str, str] = {}
        self.url = ""
        self.before: Callable[[Query], object] = lambda _: None

    def __call__(self, query: Query) -> Answer:
        if query.headers.get("zotero-api-key") != SECRET:
            return Answer("Forbidden", status=403)
        self.before(query)
        headers = {"Last-Modified-Version": str(self.version), **self.headers}
        if query.headers.get("if-modified-since-version") == str(self.version):
            return Answer(status=304, headers=headers)
        if query.path == "/users/42/deleted":
            return Answer(json.dumps({"items": self.deleted, "collections": []}), headers=headers)
        rows = {
            "/users/42/items/top": self.items,
            "/users/42/items/trash": self.trash,
            "/users/42/collections": self.collections,
        }.get(query.path)
        if rows is None:
            return Answer("Not found", status=404)
        start = int(query.options.get("start", "0"))
        if start + self.page < len(rows):
            following = f"{self.url}{query.path}?start={start + self.page}"
            headers["Link"] = f'<{self.url}/x>; rel="first", <{following}>; rel="next"'
        return Answer(json.dumps(rows[start : start + self.page]), headers=headers)


def changes(
    zotero: Callable[[Query], Answer] | Answer,
    since: str = "",
    *,
    key: str = SECRET,
    time: Time | None = None,
    limit: int = 5_000,
) -> tuple[LibraryChanges, Interface]:
    with answering(zotero) as interface, browsing(time) as web:
        if isinstance(zotero, Zotero):
            zotero.url = interface.url
        library = ZoteroLibrary(web, "users/42", key, interface.url, limit=limit)
        return library.changes(since), interface


def problem(zotero: Callable[[Query], Answer] | Answer, since: str = "", key: str = SECRET) -> str:
    with pytest.raises(SourceError) as caught:
        changes(zotero, since, key=key)
    message = str(caught.value)
    assert "\n" not in message
    assert SECRET not in message
    return message


def test_the_whole_library() -> None:
    read, interface = changes(Zotero(item()))
    assert read == LibraryChanges(
        version="10",
        is_whole=True,
        items=(
            LibraryItem(
                "AAAA1111",
                Paper(
                    key="doi:10.5555/aaaa1111",
                    title="Tea at scale",
                    abstract="We scale.",
                    authors=("Ada Kettle", "The Teapot Consortium"),
                    url="https://doi.org/10.5555/aaaa1111",
                    doi="10.5555/aaaa1111",
                    published_at=read.items[0].paper.published_at,
                    source="library",
                ),
                frozenset({"CCCC1111"}),
            ),
        ),
    )
    (query,) = interface.asked
    assert query.headers["zotero-api-version"] == "3"
    assert "since" not in query.options


def test_pages_follow_the_link() -> None:
    zotero = Zotero(*(item(f"K{n:07}") for n in range(250)))
    read, interface = changes(zotero)
    assert len(read.items) == 250
    assert [query.options.get("start") for query in interface.asked] == [None, "100", "200"]


def test_only_so_many_items_are_read() -> None:
    zotero = Zotero(*(item(f"K{n:07}") for n in range(350)))
    read, interface = changes(zotero, limit=200)
    assert (len(read.items), len(interface.asked)) == (200, 2)


def test_changes_since_a_version() -> None:
    zotero = Zotero(item("NEWW1111"), version=12)
    zotero.deleted, zotero.trash = ["GONE1111", 7], [item("TRSH1111")]  # type: ignore[list-item]
    read, interface = changes(zotero, "10")
    assert (read.version, read.is_whole) == ("12", False)
    assert [entry.key for entry in read.items] == ["NEWW1111"]
    assert read.removed == {"GONE1111", "TRSH1111"}
    assert {query.options["since"] for query in interface.asked} == {"10"}
    assert interface.asked[0].headers["if-modified-since-version"] == "10"


def test_a_library_that_did_not_change_is_one_request() -> None:
    read, interface = changes(Zotero(item(), version=10), "10")
    assert read == LibraryChanges(version="10")
    assert len(interface.asked) == 1


@pytest.mark.parametrize("version", ["", "x", "1.5", "-1"])
def test_an_odd_version_reads_the_whole(version: str) -> None:
    read, _ = changes(Zotero(item()), version)
    assert read.is_whole


def test_a_paper_that_became_a_note_is_removed() -> None:
    read, _ = changes(Zotero(item("NOTE1111", itemType="note"), version=11), "10")
    assert (read.items, read.removed) == ((), frozenset({"NOTE1111"}))


def test_what_is_no_paper_is_left_out() -> None:
    rows = [
        item("NOTE1111", itemType="note"),
        item("FILM1111", itemType="film", DOI=""),
        item("PAGE1111", itemType="webpage", DOI="", url="https://arxiv.org/abs/2610.00001"),
        item("UNTI1111", title="", DOI=""),
        {"key": "EMPT1111"},
        7,
    ]
    read, _ = changes(Zotero(*rows))
    assert [entry.paper.key for entry in read.items] == ["arxiv:2610.00001"]
    assert read.problems == ("item UNTI1111: it has no title",)
    assert read.removed == frozenset()


def test_the_identifiers_of_items() -> None:
    rows = [
        item("AAAA1111", DOI="", extra="arXiv: 2610.00002 [cs]\nPMID: 40000001"),
        item("AAAA2222", DOI="", archiveID="arXiv:2610.00003", itemType="preprint"),
        item("AAAA3333", DOI="", title="A book without any", itemType="book"),
    ]
    read, _ = changes(Zotero(*rows))
    keys = [entry.paper.key for entry in read.items]
    assert keys[:2] == ["arxiv:2610.00002", "arxiv:2610.00003"]
    assert keys[2].startswith("library:")


def test_a_library_that_changes_while_it_is_read() -> None:
    zotero = Zotero(*(item(f"K{n:07}") for n in range(150)))

    def once(query: Query) -> None:
        if query.options.get("start") and zotero.version == 10:
            zotero.version = 11

    zotero.before = once
    read, interface = changes(zotero)
    assert (read.version, len(read.items)) == ("11", 150)
    assert len(interface.asked) == 4


def test_a_library_that_never_rests() -> None:
    zotero = Zotero(*(item(f"K{n:07}") for n in range(150)))

    def always(_: Query) -> None:
        zotero.version += 1

    zotero.before = always
    assert "changes while it is read" in problem(zotero)


def test_backoff_is_obeyed() -> None:
    zotero, time = Zotero(item()), Time()
    zotero.headers = {"Backoff": "17"}
    changes(zotero, time=time)
    assert 17 in time.slept
    zotero.headers = {"Backoff": "600"}
    assert "asks for 600 seconds" in problem(zotero)


def test_collections() -> None:
    zotero = Zotero()
    zotero.collections = [
        {
            "key": "CCCC1111",
            "data": {"key": "CCCC1111", "name": "Tea &amp; cups", "parentCollection": False},
        },
        {
            "key": "CCCC2222",
            "data": {"key": "CCCC2222", "name": "Green", "parentCollection": "CCCC1111"},
        },
        {"key": "CCCC3333", "data": None},
    ]
    with answering(zotero) as interface, browsing() as web:
        library = ZoteroLibrary(web, "users/42", SECRET, interface.url)
        assert library.collections() == [
            LibraryCollection("CCCC1111", "Tea & cups"),
            LibraryCollection("CCCC2222", "Green", "CCCC1111"),
        ]


def test_the_key_is_never_logged_quoted_or_sent_elsewhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with answering(Zotero(item())) as other:
        link = {"Link": f'<{other.url}/users/42/items/top>; rel="next"'}
        assert "at another address: refused" in problem(Answer(json.dumps([item()]), headers=link))
        moved = Answer(status=302, headers={"Location": f"{other.url}/users/42/items/top"})
        assert "may not read" in problem(moved)
    assert [query.headers.get("zotero-api-key") for query in other.asked] == [None]
    assert SECRET not in caplog.text
    with pytest.raises(InputError) as caught:
        changes(Zotero(), key=f"{SECRET}\nHost: evil")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Answer(status=403), "the key may not read this library"),
        (Answer(status=404), "or it is gone (404 Not Found)"),
        (Answer(status=429), "answered 429"),
        (Answer(status=500), "answered 500"),
        (Answer(HTML), "is not JSON"),
        (Answer('[{"key": "A'), "its JSON is broken"),
        (Answer("{}"), "its response is not a list"),
    ],
)
def test_trouble_is_one_line(answer: Answer, line: str) -> None:
    message = problem(answer)
    assert message.startswith("Zotero")
    assert line in message


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("475425", "users/475425"),
        ("users/475425", "users/475425"),
        ("groups/169947", "groups/169947"),
        ("https://www.zotero.org/groups/169947/smart_cities/library", "groups/169947"),
        ("zotero.org/groups/169947?x", "groups/169947"),
    ],
)
def test_libraries(text: str, path: str) -> None:
    assert library_path(text) == path


@pytest.mark.parametrize("text", ["", "ada", "https://www.zotero.org/ada", "groups/x", "../x", "0"])
def test_what_is_no_library(text: str) -> None:
    with pytest.raises(InputError, match="is not a Zotero library") as caught:
        library_path(text)
    assert caught.value.field == "library"


def test_a_key_tells_its_owner() -> None:
    answer = {"key": SECRET, "userID": 42, "username": "ada", "access": {"user": {"library": True}}}
    with answering(Answer(json.dumps(answer))) as interface, browsing() as web:
        assert describe_key(web, SECRET, interface.url) == ZoteroKey("users/42", "ada", True)
    assert interface.asked[0].path == "/keys/current"


def test_a_key_that_is_not_accepted() -> None:
    with (
        answering(Answer("Invalid key", status=403)) as interface,
        browsing() as web,
        pytest.raises(InputError, match="Zotero does not accept this key") as caught,
    ):
        describe_key(web, SECRET, interface.url)
    assert caught.value.field == "key"
    assert SECRET not in str(caught.value)


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
def test_recorded_items_and_collections() -> None:
    (items,) = RECORDED.glob("*items_doc.json")
    (collections,) = RECORDED.glob("*collections_doc.json")
    zotero = Zotero(*json.loads(items.read_text()))
    zotero.collections = json.loads(collections.read_text())
    read, _ = changes(zotero)
    titles = [entry.paper.title for entry in read.items]
    assert "Sherlock Holmes in Babylon" in titles
    assert "The Adventures of Sherlock Holmes" not in titles  # a film
    assert all(entry.collections for entry in read.items)
    with answering(zotero) as interface, browsing() as web:
        library = ZoteroLibrary(web, "users/42", SECRET, interface.url)
        assert LibraryCollection("N7W92H48", "LoC") in library.collections()


@pytest.mark.parametrize("data", [item(extra="PMID: 40000001"), {"key": "C", "data": {"key": "C"}}])
def test_a_format_that_changed_is_no_crash(data: object) -> None:
    def read(web: WebClient, url: str) -> None:
        library = ZoteroLibrary(web, "users/42", SECRET, url)
        library.changes()
        library.collections()

    check_mutations([data], read)
