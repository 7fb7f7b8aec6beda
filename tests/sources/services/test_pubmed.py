from collections.abc import Callable
from datetime import date, datetime

import pytest
from query_server import HTML, SECRET, Interface, Query, answering, failure, on, papers, today
from sources_server import RECORDINGS, Answer, browsing

from digestmail.domain import BadRecord, Paper
from digestmail.errors import InputError
from digestmail.sources.services.pubmed import PubmedSource

RECORDED = RECORDINGS / "pubmed"
XML = '<?xml version="1.0" encoding="UTF-8" ?>\n'
SEARCH_DOCTYPE = (
    '<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN"'
    ' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
)
DOCTYPE = (
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2026//EN"'
    ' "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_260101.dtd">\n'
)
ENTERED = (
    "<PubMedPubDate PubStatus='entrez'><Year>2026</Year><Month>10</Month><Day>6</Day>"
    "</PubMedPubDate>"
)


def article(pmid: str = "40000001", **parts: str) -> str:
    """An article of invented content; ``parts`` replace elements, "" drops them."""
    elements = {
        "issue": "<PubDate><Year>2026</Year><Month>Oct</Month><Day>2</Day></PubDate>",
        "title": "<ArticleTitle>Tea cures CO<sub>2</sub>.</ArticleTitle>",
        "location": '<ELocationID EIdType="doi" ValidYN="Y">10.1000/Tea.1</ELocationID>',
        "abstract": "<Abstract><AbstractText>We <i>brew</i>.</AbstractText></Abstract>",
        "authors": "<AuthorList><Author><LastName>Kettle</LastName><ForeName>Ada</ForeName>"
        "<Suffix>Jr</Suffix></Author></AuthorList>",
        "date": "",
        "history": ENTERED,
        "ids": f'<ArticleId IdType="pubmed">{pmid}</ArticleId>',
        "references": "",
    } | parts
    of = elements.__getitem__
    return (
        f"<PubmedArticle><MedlineCitation><PMID Version='1'>{pmid}</PMID><Article>"
        f"<Journal><JournalIssue>{of('issue')}</JournalIssue><Title>{parts.get('journal', 'Tea')}"
        f"</Title></Journal>{of('title')}{of('location')}{of('abstract')}{of('authors')}{of('date')}"
        f"</Article></MedlineCitation><PubmedData><History>{of('history')}</History>"
        f"<ArticleIdList>{of('ids')}</ArticleIdList>{of('references')}</PubmedData></PubmedArticle>"
    )


def pubmed(
    *articles: str, count: int | None = None, doctype: str = DOCTYPE
) -> Callable[[Query], Answer]:
    """The E-utilities holding these articles."""

    def answer(query: Query) -> Answer:
        if query.path == "/esearch.fcgi":
            found = len(articles) if count is None else count
            return Answer(
                f"{XML}{SEARCH_DOCTYPE}<eSearchResult><Count>{found}</Count><RetMax>0</RetMax>"
                "<QueryKey>1</QueryKey><WebEnv>MCID_1</WebEnv><IdList/></eSearchResult>"
            )
        assert (query.options["WebEnv"], query.options["query_key"]) == ("MCID_1", "1")
        start, size = int(query.options["retstart"]), int(query.options["retmax"])
        part = "".join(articles[start : start + size])
        return Answer(f"{XML}{doctype}<PubmedArticleSet>{part}</PubmedArticleSet>")

    return answer


def fetched(
    interface: Interface, since: datetime | None = None, **options: str
) -> list[Paper | BadRecord]:
    with browsing(max_bytes=20_000_000) as web:
        source = PubmedSource("tea[ti]", web, base_url=interface.url, today=today, **options)
        return list(source.fetch(since))


def one(**parts: str) -> Paper:
    with answering(pubmed(article(**parts))) as interface:
        (paper,) = papers(fetched(interface))
    return paper


def test_an_article() -> None:
    assert one() == Paper(
        key="doi:10.1000/tea.1",
        title="Tea cures CO₂",
        abstract="We brew.",
        authors=("Ada Kettle Jr",),
        url="https://pubmed.ncbi.nlm.nih.gov/40000001/",
        doi="10.1000/tea.1",
        aliases=("pmid:40000001",),
        published_at=on(2026, 10, 2),
        announced_on=date(2026, 10, 6),
        source="pubmed",
    )


def test_what_is_asked() -> None:
    with answering(pubmed()) as interface:
        assert fetched(interface, on(2026, 10, 6), email="ops@example.org", api_key=SECRET) == []
    (query,) = interface.asked
    assert query.path == "/esearch.fcgi"
    assert query.options == {
        "db": "pubmed",
        "tool": "digestmail",
        "email": "ops@example.org",
        "api_key": SECRET,
        "term": "tea[ti]",
        "datetype": "edat",
        "mindate": "2026/10/03",
        "maxdate": "2026/10/07",
        "usehistory": "y",
        "retmax": "0",
    }


def test_articles_come_in_slices() -> None:
    with answering(pubmed(*(article(str(n)) for n in range(1, 451)))) as interface:
        assert len(fetched(interface)) == 450
    assert [q.options["retstart"] for q in interface.asked[1:]] == ["0", "200", "400"]


def test_a_query_that_finds_too_much_is_told() -> None:
    same = [article(str(n), abstract="") for n in range(1, 10_001)]
    with answering(pubmed(*same, count=12_000)) as interface:
        results = fetched(interface)
    assert len(results) == 10_001
    assert results[-1] == BadRecord(
        "the query", "it has 12,000 papers, 10,000 were read; narrow the query"
    )


def test_a_slice_without_articles_is_no_end() -> None:
    with answering(pubmed(article(), count=201)) as interface, browsing() as web:
        message = failure(PubmedSource("tea", web, base_url=interface.url, today=today))
    assert message == "PubMed: it sent none of 201 articles from 200"


# --- an article ------------------------------------------------------------------------------


def test_keys_and_aliases() -> None:
    listed = '<ArticleId IdType="doi">10.1000/B</ArticleId>'
    reference = (
        '<ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.1000/other'
        "</ArticleId></ArticleIdList></Reference></ReferenceList>"
    )
    assert one(location="", ids=listed, references=reference).key == "doi:10.1000/b"
    paper = one(location="", ids="", references=reference)
    assert (paper.key, paper.doi, paper.aliases) == ("pmid:40000001", "", ())


def test_dois_that_pubmed_knows_to_be_wrong_do_not_count() -> None:
    wrong = '<ELocationID EIdType="doi" ValidYN="N">10.1000/x</ELocationID>'
    assert one(location=wrong).key == "pmid:40000001"


@pytest.mark.parametrize(
    "parts",
    [
        {"location": '<ELocationID EIdType="doi">10.48550/arXiv.2610.00001</ELocationID>'},
        {"journal": "ArXiv", "ids": '<ArticleId IdType="pii">arXiv:2610.00001v2</ArticleId>'},
    ],
)
def test_arxiv_preprints_are_known_by_arxivs_id(parts: dict[str, str]) -> None:
    paper = one(**parts)
    assert paper.key == "arxiv:2610.00001"
    assert "pmid:40000001" in paper.aliases


def test_structured_abstracts() -> None:
    sections = (
        '<AbstractText Label="BACKGROUND">Tea is <b>hot</b>.</AbstractText>'
        '<AbstractText Label="Aim of study:">P &lt; 10<sup>-3</sup></AbstractText>'
        '<AbstractText Label="UNLABELLED">Done.</AbstractText>'
        '<AbstractText Label="FUNDING"/>'
        "<CopyrightInformation>(c) Tea</CopyrightInformation>"
    )
    paper = one(abstract=f"<Abstract>{sections}</Abstract>")
    assert paper.abstract == "Background: Tea is hot. Aim of study: P < 10⁻³ Done."


def test_what_may_be_missing() -> None:
    paper = one(abstract="", authors="", issue="", history="")
    assert (paper.abstract, paper.authors) == ("", ())
    assert (paper.published_at, paper.announced_on) == (None, None)


def test_authors_of_all_sorts() -> None:
    authors = (
        '<Author ValidYN="N"><LastName>Wrong</LastName></Author>'
        "<Author><LastName>Spout</LastName><Initials>B</Initials></Author>"
        "<Author><CollectiveName>Tea Group, North</CollectiveName></Author><Author/>"
    )
    assert one(authors=f"<AuthorList>{authors}</AuthorList>").authors == (
        "B Spout",
        "Tea Group, North",
    )


@pytest.mark.parametrize(
    ("issue", "electronic", "expected"),
    [
        ("<Year>2026</Year><Month>Oct</Month>", "", (2026, 10, 6)),
        ("<Year>2026</Year><Month>08</Month>", "", (2026, 8, 1)),
        ("<Year>2026</Year><Season>Fall</Season>", "", (2026, 10, 6)),
        ("<Year>2024</Year>", "", (2024, 1, 1)),
        ("<Year>2027</Year><Month>Jan</Month><Day>1</Day>", "", (2026, 10, 6)),
        ("<Year>2027</Year>", "<Year>2026</Year><Month>10</Month><Day>05</Day>", (2026, 10, 5)),
        ("<Year>2026</Year><Month>Feb</Month><Day>31</Day>", "", (2026, 2, 1)),
        ("<MedlineDate>2025 Nov-2026 Jan</MedlineDate>", "", (2025, 11, 1)),
        ("<MedlineDate>2025 Spring</MedlineDate>", "", (2025, 1, 1)),
        ("<MedlineDate>Winter 2026</MedlineDate>", "", (2026, 10, 6)),
        ("<MedlineDate>soon</MedlineDate>", "", (2026, 10, 6)),
    ],
)
def test_dates(issue: str, electronic: str, expected: tuple[int, ...]) -> None:
    day = f"<ArticleDate>{electronic}</ArticleDate>" if electronic else ""
    assert one(issue=f"<PubDate>{issue}</PubDate>", date=day).published_at == on(*expected)


def test_a_chapter_of_a_book() -> None:
    chapter = (
        "<PubmedBookArticle><BookDocument><PMID>7</PMID><Book><BookTitle>Tea</BookTitle></Book>"
        "<ArticleTitle>Pots</ArticleTitle></BookDocument></PubmedBookArticle>"
    )
    with answering(pubmed(chapter)) as interface:
        (paper,) = papers(fetched(interface))
    assert (paper.key, paper.title) == ("pmid:7", "Pots")


def test_bad_articles_are_told() -> None:
    bare = "<PubmedArticle></PubmedArticle>"
    with answering(pubmed(article(), article("7", title=""), bare)) as interface:
        assert fetched(interface)[1:] == [
            BadRecord("article pmid:7", "it has no title"),
            BadRecord("an article without PMID", "it has no PubMed id"),
        ]


# --- trouble ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(status=429), "answered 429 Too Many Requests"),
        (Answer(status=503), "answered 503 Service Unavailable"),
        (Answer(f'{{"error":"API key invalid {SECRET}"}}', status=400), "API key invalid ***"),
        (Answer(f"<eSearchResult><ERROR>No {SECRET}!</ERROR></eSearchResult>"), "No ***!"),
        (Answer("<eSearchResult><Count>1</Count>"), "not XML, or is broken or truncated"),
        (Answer("<eSearchResult/>"), "its response has no count"),
        (Answer(HTML), "it begins with '<!doctype html>"),
        (Answer("<!DOCTYPE html><html/>"), "it begins with '<!DOCTYPE html>"),
        (Answer("<html/>"), "its response is not eSearchResult but “html”"),
        (Answer(b""), "it begins with ''"),
        (Answer(status=302, headers={"Location": f"ftp://x/?k={SECRET}"}), "“ftp://x/”, which"),
    ],
)
def test_trouble_is_told(answer: Answer, problem: str) -> None:
    with answering(answer) as interface, browsing() as web:
        source = PubmedSource("tea", web, base_url=interface.url, today=today, api_key=SECRET)
        message = failure(source)
    assert message.startswith("PubMed")
    assert problem in message


def test_a_wrong_address_is_told_without_the_query() -> None:
    with browsing() as web:
        source = PubmedSource("tea", web, base_url="ftp://x", today=today, api_key=SECRET)
        assert "“ftp://x/esearch.fcgi”, which is not an http" in failure(source)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE P [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE P SYSTEM "x.dtd" [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE P [<!ATTLIST PMID Version CDATA "aaaa">]>',
        f"{DOCTYPE}{DOCTYPE}",
    ],
)
def test_entities_and_declarations_are_refused(doctype: str) -> None:
    with answering(pubmed(article(), doctype=doctype)) as interface, browsing() as web:
        message = failure(PubmedSource("tea", web, base_url=interface.url, today=today))
    assert message.startswith("PubMed: its response ")


@pytest.mark.parametrize("doctype", ["", '<!DOCTYPE PubmedArticleSet SYSTEM "x.dtd">'])
def test_plain_declarations_are_not(doctype: str) -> None:
    with answering(pubmed(article(), doctype=doctype)) as interface:
        assert len(papers(fetched(interface))) == 1


def test_changed_records_raise_the_alarm() -> None:
    with answering(pubmed(article(title=""))) as interface, browsing() as web:
        message = failure(PubmedSource("tea", web, base_url=interface.url, today=today))
    assert "0 of 1 records could be read (article pmid:40000001: it has no title)" in message


def test_an_api_key_that_cannot_be_one_is_not_quoted() -> None:
    with browsing() as web, pytest.raises(InputError) as caught:
        PubmedSource("tea", web, today=today, api_key=f"{SECRET} \n!")
    assert caught.value.field == "api_key"
    assert SECRET not in str(caught.value)


# --- recorded answers ------------------------------------------------------------------------


@pytest.mark.skipif(not RECORDED.exists(), reason="the shared data are not beside this checkout")
@pytest.mark.parametrize(
    ("name", "key", "title", "published"),
    [
        ("*19129924*", "doi:10.3389/neuro.11.006.2008", "PyMOOSE: Interoperable", on(2008, 12, 19)),
        ("*31393839*", "pmid:31393839", "Career-Turning Moments", on(2019, 8, 9)),
        (
            "*Italics*",
            "doi:10.18632/oncotarget.25083",
            "Genome-wide significant risk factors on chromosome 19 and the APOE locus",
            on(2018, 5, 15),
        ),
        ("*MathML*", "doi:10.1515/jib-2020-0021", "CellML 2.0.", on(2020, 7, 24)),
    ],
)
def test_recorded_articles(name: str, key: str, title: str, published: datetime) -> None:
    (path,) = RECORDED.glob(name)
    recorded = path.read_text(encoding="utf-8").strip()
    recorded = recorded.removeprefix("<PubmedArticleSet>").removesuffix("</PubmedArticleSet>")
    with answering(pubmed(recorded)) as interface:
        (paper,) = papers(fetched(interface))
    assert paper.key == key
    assert paper.title.startswith(title)
    assert paper.published_at == published
    assert paper.authors
    assert "<" not in paper.abstract.replace("< ", "").replace("<0", "")
