import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sources_server import RECORDINGS, Answer, Site, browsing, serving

from digestmail.domain import Paper
from digestmail.errors import InputError, SourceError
from digestmail.sources.arxiv.api import papers_by_id

RECORDED = RECORDINGS / "arxiv-atom-api"


# --- invented answers ------------------------------------------------------------------------


def entry(number: str = "2603.00001v2", **parts: str) -> str:
    """An entry as the API writes it, of an invented paper; ``parts`` replace elements."""
    elements = {
        "id": f"<id>http://arxiv.org/abs/{number}</id>",
        "title": f"<title>On the sleep\n of teapots {number}</title>",
        "updated": "<updated>2026-03-09T10:00:00Z</updated>",
        "summary": "<summary>  We watch $n &lt; 7$ teapots.\n</summary>",
        "categories": '<category term="cs.IT"/><category term="62G05"/><category term="cs.AI"/>',
        "published": "<published>2026-03-02T09:30:00Z</published>",
        "primary": '<arxiv:primary_category term="cs.AI"/>',
        "doi": "<arxiv:doi>10.1000/ABC</arxiv:doi>",
        "authors": "<author><name>Ada Kettle</name><arxiv:affiliation>Univ. of Tea"
        "</arxiv:affiliation></author><author><name>Bo Spout</name></author>",
    }
    return f"<entry>{''.join((elements | parts).values())}</entry>"


def feed(*entries: str, total: int | str | None = None) -> str:
    total = len(entries) if total is None else total
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
        ' xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>{''.join(entries)}</feed>"
    )


FAULT = entry(
    id="<id>https://arxiv.org/api/errors#incorrect_id_format_for_x</id>",
    title="<title>Error</title>",
    summary="<summary>incorrect id\n format for x</summary>",
)


def path(*names: str) -> str:
    return f"/api?id_list={','.join(names)}&max_results={len(names)}"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def found(site: Site, *ids: str) -> dict[str, Paper]:
    with browsing() as web:
        return papers_by_id(web, ids, f"{site.url}/api")


def refusal(site: Site, *answers: Answer) -> str:
    site.at(path("2603.00001"), *answers)
    with pytest.raises(SourceError) as caught:
        found(site, "2603.00001")
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(site.url, "")


# --- papers ----------------------------------------------------------------------------------


def test_a_paper(site: Site) -> None:
    site.at(path("2603.00001"), Answer(feed(entry())))
    assert found(site, "2603.00001")["2603.00001"] == Paper(
        key="arxiv:2603.00001",
        title="On the sleep of teapots 2603.00001v2",
        abstract="We watch $n < 7$ teapots.",
        authors=("Ada Kettle", "Bo Spout"),
        categories=("cs.AI", "cs.IT", "math.IT"),
        url="https://arxiv.org/abs/2603.00001",
        pdf_url="https://arxiv.org/pdf/2603.00001",
        doi="10.1000/abc",
        aliases=("doi:10.1000/abc",),
        version=2,
        published_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        updated_at=datetime(2026, 3, 9, 10, tzinfo=UTC),
        source="arxiv",
    )


def test_papers_are_found_under_what_was_asked_for(site: Site) -> None:
    site.at(
        path("2603.00001", "math/0309136"),
        Answer(feed(entry("math/0309136v1"), entry("2603.00001v3"))),
    )
    given = [
        "https://arxiv.org/abs/2603.00001v1",
        "math.GT/0309136",
        "10.48550/arXiv.2603.00001",
    ]
    papers = found(site, *given)
    assert [papers[name].key for name in given] == [
        "arxiv:2603.00001",
        "arxiv:math/0309136",
        "arxiv:2603.00001",
    ]
    assert papers[given[0]].version == 3


def test_ids_that_arxiv_does_not_know_are_left_out(site: Site) -> None:
    site.at(path("2603.99999", "2603.00001"), Answer(feed(entry())))
    assert list(found(site, "2603.99999", "2603.00001")) == ["2603.00001"]
    site.at(path("2603.99999"), Answer(feed()))
    assert found(site, "2603.99999") == {}


def test_many_ids_are_asked_for_in_slices(site: Site) -> None:
    names = [f"2603.{n:05}" for n in range(1, 251)]
    for some in (names[:100], names[100:200], names[200:]):
        site.at(path(*some), Answer(feed(*[entry(f"{name}v1") for name in some])))
    assert list(found(site, *names)) == names
    assert len(site.asked) == 3


def test_no_ids_need_no_request(site: Site) -> None:
    assert found(site) == {}
    assert site.asked == []


def test_words_that_are_no_ids_are_refused_before_arxiv_is_asked(site: Site) -> None:
    with pytest.raises(InputError, match="“abc” is not an arXiv id or address") as caught:
        found(site, "2603.00001", "abc")
    assert (caught.value.field, site.asked) == ("ids", [])


def test_an_entry_without_title_does_not_hide_the_others(site: Site) -> None:
    broken = entry("2603.00002v1", title="")
    site.at(path("2603.00001", "2603.00002"), Answer(feed(entry(), broken)))
    assert list(found(site, "2603.00001", "2603.00002")) == ["2603.00001"]


# --- faults ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400])
def test_an_error_comes_as_an_entry(site: Site, status: int) -> None:
    told = refusal(site, Answer(feed(FAULT), status=status))
    assert told == "/api: arXiv refuses the query: incorrect id format for x"


def test_a_page_cut_short_is_asked_for_again(site: Site) -> None:
    site.at(path("2603.00001"), Answer(feed(total=1)), Answer(feed(entry())))
    assert len(found(site, "2603.00001")) == 1


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(feed(total=1)), "/api: sent 0 of 1 papers, twice; will try again"),
        (Answer("Rate exceeded."), "/api: rate exceeded; wait ten minutes or more"),
        (Answer("Rate exceeded.", status=429), "answered 429 Too Many Requests"),
        (Answer(feed(entry()), status=503), "answered 503 Service Unavailable"),
        (Answer(feed(), status=400), "/api: answered 400 Bad Request"),
        (Answer(feed(entry())[:-30]), "/api: its XML is broken or truncated ("),
        (Answer("<html>down</html>"), "/api is not a <feed> document: it begins with '<html>"),
        (Answer(feed(entry(title=""))), "0 of 1 entries could be read: their format may have"),
        (
            Answer(feed(entry()).replace("\n", '<!DOCTYPE f [<!ENTITY a "b">]>', 1)),
            "/api: it declares a DOCTYPE or entities: refused",
        ),
    ],
)
def test_faults(site: Site, answer: Answer, problem: str) -> None:
    assert problem in refusal(site, answer)


def test_other_namespaces_and_no_total_do_not_matter(site: Site) -> None:
    content = feed(entry(), total="many").replace("2005/Atom", "2030/Molecule")
    site.at(path("2603.00001"), Answer(content))
    assert found(site, "2603.00001")["2603.00001"].authors == ("Ada Kettle", "Bo Spout")


# --- recorded answers ------------------------------------------------------------------------


def recorded(name: str) -> Answer:
    if not RECORDED.exists():
        pytest.skip("the shared data are not beside this checkout")
    (file,) = RECORDED.glob(f"tests__fixtures__{name}_*.json")
    answer = json.loads(file.read_text(encoding="utf-8"))
    return Answer(answer["body"], status=answer["status_code"])


@pytest.mark.parametrize(
    ("asked", "name", "key", "authors"),
    [
        ("2104.12255v1", "id_2104.12255v1_s0_m100", "arxiv:2104.12255", 1),
        ("1605.08386", "id_1605.08386_s0_m100", "arxiv:1605.08386", 2),
        ("astro-ph/0601001", "id_astro-ph_0601001_s0_m100", "arxiv:astro-ph/0601001", 4),
        ("quant-ph/0201082v1", "id_quant-ph_0201082v1_s0_m100", "arxiv:quant-ph/0201082", 1),
    ],
)
def test_recorded_papers(site: Site, asked: str, name: str, key: str, authors: int) -> None:
    site.at(path(key.removeprefix("arxiv:")), recorded(name))
    paper = found(site, asked)[asked]
    assert (paper.key, len(paper.authors)) == (key, authors)
    assert paper.title
    assert paper.abstract
    assert paper.categories


def test_a_recorded_page_of_a_hundred(site: Site) -> None:
    answer = recorded("q_testing_s0_m100")
    body = str(answer.body)
    names = [line.split("</id>")[0] for line in body.split("<id>http://arxiv.org/abs/")[1:]]
    site.at(
        path(*[name.rpartition("v")[0] for name in names]),
        Answer(body.replace("214881<", "100<")),
    )
    papers = found(site, *names)
    assert list(papers) == names
    assert sum(bool(paper.doi) for paper in papers.values()) == body.count("<arxiv:doi>")
    assert all(p.abstract and p.published_at and p.updated_at for p in papers.values())


def test_recorded_failures(site: Site) -> None:
    assert "incorrect id format for abc" in refusal(site, recorded("id_abc_s0_m100"))
    site.at(path("0808.05394", "1707.08567"), recorded("id_0808.05394_1707.08567_s0_m100"))
    assert list(found(site, "0808.05394", "1707.08567")) == ["1707.08567"]
    site.at(path("0808.05394"), recorded("id_0808.05394_s0_m100"))
    assert found(site, "0808.05394") == {}
