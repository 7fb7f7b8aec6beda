from dataclasses import replace
from pathlib import Path

import pytest
from oai_answers import failure
from sources_server import Answer, Site, browsing, entry, feed, fetch_once, serving, source_context

from digestmail.domain import Paper, SourceMemory, SourceSpec
from digestmail.errors import InputError, SourceError
from digestmail.sources.kind import Kind
from digestmail.sources.registry import KINDS, build, check, kind_table


def spec(kind: str, name: str = "lab", **options: str) -> SourceSpec:
    return SourceSpec(name=name, kind=kind, options=options)


@pytest.mark.parametrize(
    "categories",
    ["cs.AI", "astro-ph, q-bio.NC", "hep-th,cond-mat.mes-hall", "physics.optics math-ph", "stat"],
)
def test_categories_that_may_be(categories: str) -> None:
    check(spec("arxiv", categories=categories, cross="no", replacements="YES"))
    assert "categories" in KINDS["arxiv"].options


@pytest.mark.parametrize(
    ("wrong", "field", "problem"),
    [
        (spec("nntp"), "kind", "“nntp” is not a kind of source. Choose from arxiv, huggingface"),
        (spec("file", name="My lab", path="a.csv"), "name", "lower-case letters"),
        (spec("file"), "path", "is missing"),
        (spec("file", path="a.xlsx"), "path", "must be a file of kind .jsonl"),
        (spec("file", path="a\0.csv"), "path", "must be a file of kind"),
        (spec("file", path="a.csv", color="red"), "color", "not an option of kind “file”"),
        (spec("arxiv"), "categories", "is missing"),
        (spec("arxiv", categories="cs.ai"), "categories", "“cs.ai” is not an arXiv category"),
        (spec("arxiv", categories="cs.AI,../x"), "categories", "“../x” is not an arXiv category"),
        (spec("arxiv", categories="cs.AI", cross="maybe"), "cross", "is not yes or no"),
        (spec("arxiv", categories="cs.AI", url="ftp://x"), "url", "not an http or https address"),
        (spec("arxiv", categories="cs.AI", url="http://["), "url", "is not a web address"),
    ],
)
def test_what_is_wrong_is_named(wrong: SourceSpec, field: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        check(wrong)
    assert caught.value.field == field


def test_a_file_is_found_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "papers.jsonl").write_text('{"id": "1", "title": "T"}')
    with browsing() as web:
        papers = fetch_once(spec("file", path="papers.jsonl"), source_context(web, folder=tmp_path))
    assert papers == [Paper(key="lab:1", title="T", source="lab")]


def test_options_reach_the_feed() -> None:
    with serving() as site, browsing() as web:
        entries = [entry("2603.00001", "cross"), entry("2603.00002", "replace")]
        site.at("/cs.AI+cs.LG", Answer(feed(*entries)))
        options = {"cross": "no", "replacements": "yes", "url": f"{site.url}/"}
        source = spec("arxiv", categories="cs.AI,cs.LG,cs.AI", **options, oai_url=_oai(site))
        papers = fetch_once(source, source_context(web))
    assert [(p.key, p.source) for p in papers if isinstance(p, Paper)] == [
        ("arxiv:2603.00002", "lab")
    ]


def _oai(site: Site) -> str:
    return site.at("/oai", Answer(failure("noRecordsMatch")))


def test_a_strangers_feed_is_fetched_by_the_public_client() -> None:
    item = "<title>T</title><link>https://blog.example.org/1</link>"
    with serving() as site, browsing() as web, browsing(public_only=True) as public:
        url = site.at(
            "/rss", Answer(f"<rss version='2.0'><channel><item>{item}</item></channel></rss>")
        )
        surroundings = source_context(web, public_web=public)
        with pytest.raises(SourceError, match=r"is inside a private network .*add private=yes"):
            fetch_once(spec("feed", url=url), surroundings)
        assert site.asked == []
        assert len(fetch_once(spec("feed", url=url, private="yes"), surroundings)) == 1


def test_wrong_sources_are_not_built() -> None:
    with browsing() as web, pytest.raises(InputError, match="is not a kind of source"):
        build(spec("nntp"), source_context(web), SourceMemory())


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("huggingface", {"repoll_days": "5"}),
        ("biorxiv", {"server": "medrxiv", "categories": "cell biology, genetics"}),
        ("pubmed", {"query": "malaria[ti]", "api_key": "abc123", "email": "a@example.org"}),
        ("openalex", {"search": "sea ice"}),
        ("openalex", {"concepts": "C41008148"}),
        ("semantic_scholar", {"query": "+ice -cream"}),
        ("feed", {"url": "https://journal.example.org/rss"}),
        ("folder", {"path": "papers"}),
    ],
)
def test_every_kind_can_be_built(kind: str, options: dict[str, str], tmp_path: Path) -> None:
    with browsing() as web:
        assert build(spec(kind, **options), source_context(web, folder=tmp_path), SourceMemory())


@pytest.mark.parametrize(
    ("kind", "options", "field"),
    [
        ("huggingface", {"repoll_days": "0"}, "repoll_days"),
        ("huggingface", {"url": "ftp://x"}, "url"),
        ("biorxiv", {"server": "chemrxiv"}, "server"),
        ("pubmed", {}, "query"),
        ("pubmed", {"query": "x", "email": "nobody"}, "email"),
        ("openalex", {}, "search"),
        ("openalex", {"concepts": "fish"}, "concepts"),
        ("semantic_scholar", {}, "query"),
        ("feed", {}, "url"),
        ("feed", {"url": "file:///etc/passwd"}, "url"),
        ("feed", {"url": "https://x.example/", "private": "perhaps"}, "private"),
        ("folder", {}, "path"),
    ],
)
def test_what_is_wrong_with_any_kind_is_named(
    kind: str, options: dict[str, str], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        check(spec(kind, **options))
    assert caught.value.field == field


def toy(name: str, key_prefix: str) -> Kind:
    pubmed = KINDS["pubmed"]
    return replace(pubmed, name=name, key_prefix=key_prefix)


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (toy("first", "b"), "two kinds of source are called 'first'"),
        (toy("second", "a"), "'first' and 'second' share the prefix 'a'"),
        (toy("second", "two words"), "'second': a key cannot start with 'two words'"),
    ],
)
def test_a_kind_that_would_hide_another_is_refused(second: Kind, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        kind_table([toy("first", "a"), second])


def test_kinds_without_a_key_prefix_go_together() -> None:
    assert list(kind_table([toy("first", ""), toy("second", "")])) == ["first", "second"]
