import pytest
from sources_server import Answer, browsing, serving

from digestmail.domain import LibraryChanges
from digestmail.errors import SourceError
from digestmail.libraries.export import ExportLibrary

BIBTEX = """@article{a, title={Tea at scale}, author={Kettle, Ada}, doi={10.5555/tea.1}}
@article{b, title={Cups}, eprint={2610.00001}, archiveprefix={arXiv}}"""


def read(answers: list[Answer], versions: int = 1) -> list[LibraryChanges]:
    """Return what successive readings of an export bring, each from the version before."""
    with serving() as site, browsing() as web:
        library = ExportLibrary(web, site.at("/refs.bib", *answers))
        changes, version = [], ""
        for _ in range(versions):
            changes.append(library.changes(version))
            version = changes[-1].version
        assert library.collections() == []
        return changes


def test_an_export_is_read_whole() -> None:
    (changes,) = read([Answer(BIBTEX)])
    assert [item.paper.key for item in changes.items] == ["doi:10.5555/tea.1", "arxiv:2610.00001"]
    assert changes.is_whole


@pytest.mark.parametrize("headers", [{"ETag": '"1"'}, {}])
def test_an_export_that_did_not_change_brings_nothing(headers: dict[str, str]) -> None:
    first, second = read([Answer(BIBTEX, headers=headers)], 2)
    assert second == LibraryChanges(version=first.version)


def test_a_new_export_replaces_the_old() -> None:
    answers = [
        Answer(BIBTEX, headers={"ETag": '"1"'}),
        Answer(BIBTEX[:90], headers={"ETag": '"2"'}),
    ]
    _, second = read(answers, 2)
    assert [item.key for item in second.items] == ["doi:10.5555/tea.1"]
    assert second.is_whole


@pytest.mark.parametrize("version", ["7", "null", "[1]", '{"sha256": 7}', "{"])
def test_an_odd_version_reads_the_whole(version: str) -> None:
    with serving() as site, browsing() as web:
        library = ExportLibrary(web, site.at("/refs.bib", Answer(BIBTEX)))
        assert library.changes(version).is_whole


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Answer("<!doctype html><html><body>Please log in</body></html>"), "refs.bib"),
        (Answer(""), "it is empty"),
        (Answer(status=404), "answered 404"),
        (Answer("x" * 6_000_000), "MB"),
    ],
)
def test_an_export_that_is_none(answer: Answer, line: str) -> None:
    with serving() as site, browsing(max_bytes=10_000_000) as web:
        library = ExportLibrary(web, site.at("/refs.bib", answer))
        with pytest.raises(SourceError) as caught:
            library.changes()
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_private_addresses_are_refused() -> None:
    with (
        serving() as site,
        browsing(public_only=True) as web,
        pytest.raises(SourceError, match="is inside a private network"),
    ):
        ExportLibrary(web, site.at("/refs.bib", Answer(BIBTEX))).changes()
