"""Files of papers as programs and publishers really write them."""

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digestmail.domain import Paper
from digestmail.errors import InputError
from digestmail.sources.files.reference_library import LARGEST, read_library

NBIB = """

PMID- 38000001
OWN - NLM
DP  - 2026 Mar 4
TI  - A vaccine against
      malaria.
LID - 10.1000/mal.1 [doi]
LID - e123 [pii]
AB  - BACKGROUND: We try. METHODS: We
      measure.
FAU - Lima, Ana
AU  - Lima A
FAU - Stone, Bo
AU  - Stone B

PMID- 38000002
TI  - Second.
AU  - Wu CD
"""
ENW = """%0 Journal Article
%T Robots that
swim
%A Lima, Ana
%A Stone, Bo
%D 2026
%R 10.1000/soro.1
%X They swim.

Well.
%U https://pubmed.ncbi.nlm.nih.gov/38000001/

%0 Journal Article
%T Second
"""
REFER = "%T First\n%A Ana Lima\n\n%T Second\n%A Bo Stone\n"
WOS = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Lima, A
   Stone, B
AF Lima, Ana
   Stone, Bo
TI Robots that
   swim
AB They swim.
PD MAR
PY 2026
DI 10.1000/soro.1
PM 38000001
ER

PT J
TI Second
ER

EF
"""
ENDNOTE_XML = """<?xml version="1.0" encoding="UTF-8"?><xml><records><record>
<contributors><authors><author><style face="normal">Lima, Ana</style></author></authors>
</contributors><titles><title><style>Robots that </style><style>swim</style></title></titles>
<dates><year>2026</year><pub-dates><date>Mar 4</date></pub-dates></dates>
<accession-num>38000001</accession-num><electronic-resource-num>10.1000/soro.1
</electronic-resource-num><abstract>They swim.</abstract>
<remote-database-name>Medline</remote-database-name></record></records></xml>"""
PUBMED_XML = """<?xml version="1.0"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" "https://dtd.nlm.nih.gov/x.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>38000001</PMID><Article>
<ArticleTitle>Robots that swim.</ArticleTitle><Abstract><AbstractText>They swim.</AbstractText>
</Abstract><AuthorList><Author><LastName>Lima</LastName><ForeName>Ana</ForeName></Author>
</AuthorList></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"""
ZOTERO_JSON = [
    {
        "data": {
            "itemType": "journalArticle",
            "title": "Robots that swim",
            "creators": [
                {"creatorType": "author", "firstName": "Ana", "lastName": "Lima"},
                {"creatorType": "editor", "firstName": "Ed", "lastName": "Itor"},
            ],
            "DOI": "10.1000/soro.1",
            "extra": "PMID: 38000001",
        }
    }
]
CROSSREF = {"message": {"items": [{"title": ["Robots"], "DOI": "10.1000/soro.1"}]}}
MENDELEY = [{"title": "R", "identifiers": {"doi": "10.1000/m", "pmid": "38000001"}}]


def papers(text: str | bytes, name: str = "") -> tuple[Paper, ...]:
    data = text.encode() if isinstance(text, str) else text
    return read_library(data, name).papers


def named(text: str, name: str = "x.bib") -> tuple[str, ...]:
    (paper,) = papers(text, name)
    return paper.authors


@pytest.mark.parametrize(
    ("text", "title", "authors"),
    [
        (NBIB, "A vaccine against malaria", ("Ana Lima", "Bo Stone")),
        (ENW, "Robots that swim", ("Ana Lima", "Bo Stone")),
        (REFER, "First", ("Ana Lima",)),
        (WOS, "Robots that swim", ("Ana Lima", "Bo Stone")),
        (ENDNOTE_XML, "Robots that swim", ("Ana Lima",)),
        (PUBMED_XML, "Robots that swim", ("Ana Lima",)),
        (json.dumps(ZOTERO_JSON), "Robots that swim", ("Ana Lima",)),
        (json.dumps(CROSSREF), "Robots", ()),
    ],
)
@pytest.mark.parametrize("form", ["{}", "\ufeff{}"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_program_is_understood(
    text: str, title: str, authors: tuple[str, ...], form: str, end: str
) -> None:
    data = form.format("").encode() + text.replace("\n", end).encode()
    first = read_library(data, "").papers[0]
    assert (first.title, first.authors) == (title, authors)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "utf-8-sig"])
@pytest.mark.parametrize("text", [NBIB, ENW, WOS])
def test_encodings_of_tagged_files(text: str, encoding: str) -> None:
    (first, *_) = papers(text.replace("Lima, Ana", "Gómez, Zoë").encode(encoding))
    assert first.authors[0] == "Zoë Gómez"


@pytest.mark.parametrize(
    ("text", "number"), [(NBIB, 2), (ENW, 2), (REFER, 2), (WOS, 2), (ENDNOTE_XML, 1)]
)
def test_all_records_are_read_without_a_problem(text: str, number: int) -> None:
    library = read_library(text.encode(), "")
    assert len(library.papers) == number
    assert library.problems == ()


def test_what_the_exports_tell_of_a_paper() -> None:
    first, second = papers(NBIB)
    assert (first.key, first.aliases) == ("doi:10.1000/mal.1", ("pmid:38000001",))
    assert first.abstract == "BACKGROUND: We try. METHODS: We measure."
    assert str(first.published_at) == "2026-03-04 00:00:00+00:00"
    assert (second.key, second.authors) == ("pmid:38000002", ("CD Wu",))
    assert papers(WOS)[0].aliases == ("pmid:38000001",)
    assert papers(ENDNOTE_XML)[0].aliases == ("pmid:38000001",)
    assert papers(ENW)[0].abstract == "They swim. Well."
    assert papers(PUBMED_XML)[0].key == "pmid:38000001"
    assert papers(json.dumps(ZOTERO_JSON))[0].aliases == ("pmid:38000001",)
    assert papers(json.dumps(MENDELEY))[0].key == "doi:10.1000/m"


# --- tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["x.csv", "x.tsv", "x.txt", ""])
def test_tables_of_every_kind(delimiter: str, encoding: str, name: str) -> None:
    rows = [["Title", "Author", "DOI", "Empty"], ["Über Tänze", '"Lima, Ana"', "10.1000/x"]]
    text = "\r\n".join(map(delimiter.join, rows))
    (paper,) = papers(text.encode(encoding), name)
    assert (paper.key, paper.title, paper.authors) == ("doi:10.1000/x", "Über Tänze", ("Ana Lima",))


@pytest.mark.parametrize(
    ("text", "key", "authors"),
    [
        ("sep=;\nTitle;DOI\nT;10.1000/x", "doi:10.1000/x", ()),
        (  # Scopus
            '"Authors","Author full names","Title","DOI","PubMed ID"\n'
            '"Lima A.; Stone B.","Lima, Ana (57200001); Stone, Bo (57200002)","T",,"38000001"',
            "pmid:38000001",
            ("Ana Lima", "Bo Stone"),
        ),
        (  # Web of Science, with tabs
            "PT\tAU\tAF\tTI\tSO\tDI\tPM\nJ\tLima, A\tLima, Ana\tT\tJ\t10.1000/x\t",
            "doi:10.1000/x",
            ("Ana Lima",),
        ),
        (  # PubMed
            "PMID,Title,Authors,Citation,DOI\n38000001,T,\"Lima A, Stone B.\",J. 2026,",
            "pmid:38000001",
            ("A. Lima", "B. Stone"),
        ),
        (  # IEEE Xplore
            '"Document Title",Authors,"Abstract","DOI"\n"T","A. Lima; B. Stone","A","10.1000/x"',
            "doi:10.1000/x",
            ("A. Lima", "B. Stone"),
        ),
        (  # Dimensions, with what it says of itself
            '"About the data: Exported on Mar 4, 2026"\nRank,Title,Authors,DOI\n1,T,"Lima, A",N/A',
            "library:",
            ("A Lima",),
        ),
        ("Titel;Autor;DOI\nT;Lima, Ana;10.1000/x", "doi:10.1000/x", ("Ana Lima",)),
        ("doi,note\n10.1000/x,good", "doi:10.1000/x", ()),
        ("Title,Extra\nT,PMID: 38000001", "pmid:38000001", ()),
    ],
)  # fmt: skip
def test_the_columns_of_services_are_known(text: str, key: str, authors: tuple[str, ...]) -> None:
    (paper,) = papers(text, "x.csv")
    assert paper.key.startswith(key)
    assert paper.authors == authors


# --- BibTeX ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "title"),
    [
        ('@string{s = "Sort"} @misc{a, title = "On " # s # {ing}}', "On Sorting"),
        ("@misc{\n  title = {On x},\n  year = {2012}\n}", "On x"),
        ("@misc{, title = {On x}}", "On x"),
        ("@misc{Lima 2020, title = {On x}}", "On x"),
        ("@misc(a, title = {On x})", "On x"),
        ("@MISC{a, TITLE = {On x}}", "On x"),
        ("@misc{a, title = {On x}\n author = {A B}\n}", "On x"),
        ("@misc{a, title = {On x}, subtitle = {A tale}}", "On x: A tale"),
        ("@misc{a, title = {{\\textless}i{\\textgreater}I{\\textless}/i{\\textgreater} x}}", "I x"),
        ("% {comment\n@comment{x {y}}@preamble{\"z\"}@misc{a, title = {On x}} % y", "On x"),
        ("@misc{a, title = {On x}, file = {a:b;c\\:d}}\r\n\r\n", "On x"),
    ],
)  # fmt: skip
def test_bibtex_as_it_is_written(entry: str, title: str) -> None:
    (paper,) = papers(entry, "x.bib")
    assert paper.title == title


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("{family=Berg, given=Ana, prefix=van den, useprefix=true and Stone, Bo}",
         ("Ana van den Berg", "Bo Stone")),
        ("{Ana Lima 0001 and Bo Stone 0012}", ("Ana Lima", "Bo Stone")),
        ("{{Lima, A. and Stone, B.}}", ("A. Lima", "B. Stone")),
        ("{{Barnes and Noble}}", ("Barnes and Noble",)),
        ("{{The CMS Collaboration} and Lima, Ana}", ("The CMS Collaboration", "Ana Lima")),
        ("{Lima, Ana; Stone, Bo}", ("Ana Lima", "Bo Stone")),
        ("{Lima, Ana and others}", ("Ana Lima",)),
        ("{Ana Lima et al.}", ("Ana Lima",)),
        ("{Lima, Jr., Ana}", ("Ana Lima Jr.",)),
        ("{M{\\\"u}ller, J{\\\"o}rg AND {\\'E}va T{\\'o}th}", ("Jörg Müller", "Éva Tóth")),
        ('dm # " and Stone, Bo"', ("Dora Millner", "Bo Stone")),
    ],
)  # fmt: skip
def test_names_of_bibtex(author: str, names: tuple[str, ...]) -> None:
    entry = f'@string{{dm = "Dora Millner"}}@misc{{a, title={{T}}, author={author}}}'
    assert named(entry) == names


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ("pmid={38000001}", "pmid:38000001"),
        ("eprint={38000001}, eprinttype={pubmed}", "pmid:38000001"),
        ("note={PMID: 38000001}", "pmid:38000001"),
        ("pubmed-id={38000001}", "pmid:38000001"),
        ("note={[PubMed:\\href{https://a.org/pubmed/38000001}{38000001}]}", "pmid:38000001"),
        ("doi={N/A}, url={https://doi.org/10.1000/x}", "doi:10.1000/x"),
        ("doi={10.1000/a\\_b}", "doi:10.1000/a_b"),
        ("arxivid={2301.00001}", "arxiv:2301.00001"),
    ],
)
def test_identifiers_of_bibtex(fields: str, key: str) -> None:
    (paper,) = papers(f"@misc{{a, title={{T}}, {fields}}}", "x.bib")
    assert paper.key == key


def test_a_list_of_references_is_read_by_the_identifiers_in_it() -> None:
    text = (
        "- [Deep](https://arxiv.org/abs/2001.00001v2)\n1. Lima A. Deep. doi:10.1000/a(1)b.\n"
        "PMID: 38000001\nLima (2020), https://doi.org/10.1000/c, p. 3\nno identifier\n"
    )
    library = read_library(text.encode(), "refs.md")
    keys = ["arxiv:2001.00001", "doi:10.1000/a(1)b", "pmid:38000001", "doi:10.1000/c"]
    assert [paper.key for paper in library.papers] == keys
    assert len(library.problems) == 1
    assert len(papers("10.1000/a,one\n10.1000/b,two\n", "x.csv")) == 2


def test_a_volume_that_others_refer_to_is_no_paper() -> None:
    text = "@inproceedings{a,title={T},crossref={P1}}@proceedings{p1,title={Proceedings}}"
    assert [paper.title for paper in papers(text, "x.bib")] == ["T"]


def test_two_entries_of_one_key_are_two_papers() -> None:
    assert len(papers("@misc{a,title={One}}@misc{a,title={Two}}", "x.bib")) == 2


def test_strings_that_name_strings_stay_small() -> None:
    names = [f"@string{{s{n} = {'#'.join([f's{n - 1}'] * 9)}}}" for n in range(1, 30)]
    text = '@string{s0 = "aaaaaaaaaa"}' + "".join(names) + "@misc{a, title = s29 # s29}"
    (paper,) = papers(text, "x.bib")
    assert len(paper.title) <= 2_000


# --- RIS -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "1.\nTY  - JOUR\nTI  - One\nER  - \n\n2.\nTY  - JOUR\nTI  - Two\nER  - \n",
        "<1>\nTY  - JOUR\nTI  - One\nER  - \n<2>\nTY  - JOUR\nTI  - Two\nER  - \n",
        "Provider: X\nContent: text/plain\n\nTY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\n",
        "TY  - CHAP\nST  - One\nER  - \nTY  - BOOK\nBT  - Two\n",
        "TY - JOUR\r\nT1 - One\r\nER -\r\nTY - JOUR\r\nT1 - Two\r\nER -\r\n",
    ],
)
def test_dialects_of_ris(text: str) -> None:
    library = read_library(text.encode(), "x.ris")
    assert [paper.title for paper in library.papers] == ["One", "Two"]
    assert library.problems == ()


@pytest.mark.parametrize(
    "lines",
    ["DB  - PubMed\nAN  - 38000001", "N1  - PMID: 38000001", "UR  - https://pubmed.ncbi.nlm.nih.gov/38000001/",
     "AN  - PMID: 38000001"],
)  # fmt: skip
def test_pubmed_ids_of_ris(lines: str) -> None:
    (paper,) = papers(f"TY  - JOUR\nTI  - T\n{lines}\nER  - \n", "x.ris")
    assert paper.key == "pmid:38000001"


# --- what cannot be read -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (b"\0\1\2\0", "My.enl", "“My.enl”: it is an EndNote library; in EndNote choose"),
        (b"PK\3\4\0\0", "a.enlx", "it is an EndNote library"),
        (b"SQLite format 3\0", "zotero.sqlite", "it is a database; export it as BibTeX or RIS"),
        (b"%PDF-1.7\0\n", "a.pdf", "it is a PDF; use a BibTeX or RIS export"),
        (b"PK\3\4\0\0", "a.xlsx", "it is an Excel workbook; save it as CSV"),
        (b"PK\3\4\0\0", "", "workbook .* or a ZIP archive, not text"),
        (b"<rss><channel/></rss>", "", "it is a feed"),
        (
            b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
            "",
            "not Zotero RDF",
        ),
        (b"RT Journal Article\nT1 Deep\n", "a.txt", "RefWorks’ tagged format; export it as RIS"),
        (b"{\\rtf1 x}", "a.rtf", "a rich text document; save it as plain text"),
        (b"cff-version: 1.2.0\n", "CITATION.cff", "a CITATION.cff file; export it as BibTeX"),
        (b"<mods/>", "", "it is MODS; export it as BibTeX or RIS"),
        (b"Name,Age\nx,y\n", "x.csv", "without a column “Title” or “DOI”; its first row is “Name"),
        (b"x" * (LARGEST + 1), "big.bib", "“big.bib”: it has 6 MB; the limit is 5 MB"),
    ],
)  # fmt: skip
def test_a_refused_file_is_named_with_what_to_do(data: bytes, name: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_library(data, name)


STARTS = [
    "", "@a{b,title={", "Title,DOI\n", "TY  - X\nTI  - ", "<a>", "PMID- 1\n", "FN ISI\n", "[{",
]  # fmt: skip
PIECES = [
    "\n", "\r", "@", "@a{b,c=d}\n", "a=b#", "TY  - X\n", "%0 x\n", "PMID- 1\n", "PT J\n", '"',
    '"\n', "[", '{"a":', "<a>", "<a b='", "10.1000/x\n", ";", " and ", "{", "}", "\\", " ", "x",
    "{\\textless}", "et al ", "family=", "PMID: ", "//",
]  # fmt: skip
NAMES = ["", "x.bib", "x.csv", "x.ris", "x.nbib", "x.enw", "x.ciw", "x.json"]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("piece", PIECES, ids=range(len(PIECES)))
def test_a_hundred_kilobytes_take_less_than_a_second(start: str, piece: str) -> None:
    data = (start + piece * 100_000)[:100_000].encode()
    begun = time.process_time()
    for name in ("", "x.bib", "x.csv"):
        with suppress(InputError):
            read_library(data, name)
    assert time.process_time() - begun < 3


texts = st.lists(st.sampled_from(STARTS + PIECES) | st.text(max_size=5), max_size=30).map("".join)


@settings(max_examples=300)
@given(
    texts, st.sampled_from(["", "x.bib", "x.csv", "x.ris", "x.nbib", "x.enw", "x.ciw", "x.json"])
)
def test_whatever_is_given_is_read_or_refused(text: str, name: str) -> None:
    with suppress(InputError):
        assert not read_library(text.encode("utf-8", "replace"), name).is_empty
