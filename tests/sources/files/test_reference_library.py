"""A reader's own file: what is read of it, and what is said of the rest."""

import json
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digestmail.errors import InputError
from digestmail.sources.files.reference_library import (
    ENTRY_LIMIT,
    LARGEST,
    ReferenceLibrary,
    read_library,
)

BIBTEX = """\
@article{smith, title={{BERT} in caf\\'e talk}, author={Doe, Jane and Roe, Rob},
  abstract={We listen.}, doi={10.1000/ABC}, year={2023}, month=jun}
@misc{arx, title={On graphs}, eprint={2301.00001}}
@misc{bare, doi={10.1000/xyz}}
@article{nobody, author={Nobody}}
"""
RIS = "TY  - JOUR\nTI  - On rivers\nAU  - Doe, Jane\nAB  - Wet.\nDO  - 10.1000/r\nER  -\n"
CSV = """\
"Key","Item Type","Author","Title","DOI","Url","Abstract Note","Date","Extra"
"A","journalArticle","Doe, Jane; Roe, Rob","On things","10.1000/x","","Abs, tract","2020-01","arXiv:2001.00001 [cs]"
"B","note","","","","","","",""
"""  # noqa: E501 - as Zotero writes it
CSL = [
    {
        "id": "http://zotero.org/users/1/items/A",
        "type": "article-journal",
        "title": "On <i>things</i>",
        "author": [{"family": "Doe", "given": "Jane"}, {"literal": "The Team"}],
        "DOI": "10.1000/C",
        "issued": {"date-parts": [["2020", 1, 5]]},
        "abstract": "Short.",
    },
    {"type": "note", "title": "Mine"},
    "nothing",
]
RDF = """\
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:z="http://www.zotero.org/namespaces/export#" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:bib="http://purl.org/net/biblio#" xmlns:foaf="http://xmlns.com/foaf/0.1/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<bib:Article rdf:about="https://arxiv.org/abs/1706.03762"><z:itemType>journalArticle</z:itemType>
 <bib:authors><rdf:Seq><rdf:li><foaf:Person><foaf:surname>Vaswani</foaf:surname>
 <foaf:givenName>Ashish</foaf:givenName></foaf:Person></rdf:li></rdf:Seq></bib:authors>
 <dc:title>Attention</dc:title><dcterms:abstract>We propose</dcterms:abstract>
 <dc:date>2017-06-12</dc:date></bib:Article>
<bib:Article rdf:about="#item_2"><z:itemType>journalArticle</z:itemType>
 <dcterms:isPartOf rdf:resource="urn:issn:1476-4687"/><dc:title>Folding</dc:title></bib:Article>
<bib:Journal rdf:about="urn:issn:1476-4687"><dc:title>Nature</dc:title>
 <dc:identifier>DOI 10.1038/s41586-021-03819-2</dc:identifier></bib:Journal>
<z:Attachment rdf:about="#item_3"><z:itemType>attachment</z:itemType></z:Attachment>
</rdf:RDF>
"""
OPML = """\
<opml version="2.0"><body><outline text="Science">
<outline text="ML" xmlUrl="https://rss.arxiv.org/rss/cs.LG+q-bio.NC"/>
<outline text="b" xmlUrl="http://connect.biorxiv.org/biorxiv_xml.php?subject=neuroscience"/>
<outline text="PubMed Search : protein language model"
 xmlUrl="https://pubmed.ncbi.nlm.nih.gov/rss/search/1abc/?limit=15"/>
<outline text="Nature" xmlUrl="https://www.nature.com/nature.rss"/>
<outline text="odd" xmlUrl="http://[bad"/>
</outline></body></opml>
"""
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><opml><body>&b;</body></opml>'


def keys(library: ReferenceLibrary) -> list[str]:
    return [paper.key for paper in library.papers]


@pytest.mark.parametrize("field", ["doi", "pmid", "url"])
def test_what_entries_with_different_titles_share_identifies_none(field: str) -> None:
    """Programs fill in the DOI of the volume, or one that was copied down a column."""
    name = {"doi": "10.1000/volume", "pmid": "40000001", "url": "https://doi.org/10.1000/volume"}
    titles = ("On cats", "Dogs at night", "The flight of birds")
    entries = (f"@article{{{t[:2]}, title={{{t}}}, {field}={{{name[field]}}}}}" for t in titles)
    library = read_library("\n".join(entries).encode(), "my.bib")
    assert tuple(paper.title for paper in library.papers) == titles
    assert not any(paper.doi for paper in library.papers)


def test_bibtex_is_read_and_what_is_left_out_is_named() -> None:
    library = read_library(BIBTEX.encode(), "my.bib")
    assert keys(library) == ["doi:10.1000/abc", "arxiv:2301.00001", "doi:10.1000/xyz"]
    assert library.papers[0].abstract == "We listen."
    assert library.papers[2].title == ""
    assert library.problems == ("line 5: it has no title",)


def test_ris_is_read() -> None:
    (paper,) = read_library(RIS.encode(), "x.ris").papers
    assert (paper.key, paper.title, paper.abstract) == ("doi:10.1000/r", "On rivers", "Wet.")


def test_zoteros_csv_is_read() -> None:
    library = read_library(CSV.encode("utf-8-sig"), "My Library.csv")
    (paper,) = library.papers
    assert (paper.key, paper.authors) == ("arxiv:2001.00001", ("Jane Doe", "Rob Roe"))
    assert library.problems == ("line 3: it has no title",)


def test_csl_json_is_read() -> None:
    library = read_library(json.dumps(CSL).encode(), "export.json")
    (paper,) = library.papers
    assert (paper.key, paper.title) == ("doi:10.1000/c", "On things")
    assert paper.authors == ("Jane Doe", "The Team")
    assert [problem.partition(":")[0] for problem in library.problems] == ["entry 2", "entry 3"]


def test_ids_of_somebodys_library_are_no_keys() -> None:
    (paper,) = read_library(b'[{"id": "smith2020", "title": "On things"}]', "").papers
    assert paper.key.startswith("library:")
    assert "smith" not in paper.key


def test_zoteros_rdf_is_read() -> None:
    library = read_library(RDF.encode(), "x.rdf")
    assert keys(library) == ["arxiv:1706.03762", "doi:10.1038/s41586-021-03819-2"]
    assert library.papers[0].authors == ("Ashish Vaswani",)
    assert library.problems == ()


def test_feeds_become_categories_and_keywords() -> None:
    library = read_library(OPML.encode(), "feeds.opml")
    assert library.categories == ("cs.LG", "q-bio.NC", "neuroscience")
    assert library.keywords == ("protein language model",)
    assert library.problems == ("the feed “Nature” has no category or search",)


def test_a_list_of_identifiers_is_read() -> None:
    library = read_library(b"2301.00001v2\n\n10.1000/x\nsome title\n", "list.txt")
    assert keys(library) == ["arxiv:2301.00001", "doi:10.1000/x"]
    assert library.problems[0].startswith("line 4: “some title” is not a paper")


@pytest.mark.parametrize("text", [BIBTEX, RIS, CSV, json.dumps(CSL), RDF, OPML])
def test_the_content_tells_the_kind_where_the_name_does_not(text: str) -> None:
    assert not read_library(text.encode(), "upload").is_empty


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"x" * (LARGEST + 1), "the limit is 5 MB"),
        (b"%PDF-1.4\0\0", "is a PDF, not text"),
        (BOMB.encode(), "entities, which are not allowed"),
        (b"<opml><body>", "broken in line 1"),
        (b"<html><body>hi</body></html>", "is a web page"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "cannot be read"),
        (b"[1]", "entry 1: it is not a JSON object"),
        (b"@article{a, author={Nobody}}", "line 1: it has no title"),
        (b"@article{a, title={cut", "line 1"),
        (b"Key,Name\nx,y", "nothing in it"),
    ],
    ids=range(13),
)
def test_a_file_of_no_use_is_refused_with_the_reason(data: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told) as raised:
        read_library(data)
    assert raised.value.field == "library"


def test_one_broken_entry_does_not_spoil_the_others() -> None:
    library = read_library(b"@article{a, title={Cut\n@article{b, title={Whole}}", "x.bib")
    assert [paper.title for paper in library.papers] == ["Whole"]
    assert library.problems[0].startswith("line 1: it is not BibTeX")


def test_a_name_given_twice_spoils_nothing() -> None:
    library = read_library(b'@string{j="x"}\n@string{j="y"}\n@misc{a, title=j}', "x.bib")
    assert [paper.title for paper in library.papers] == ["x"]


def test_entries_have_an_end() -> None:
    library = read_library("".join(f"2301.{n:05}\n" for n in range(2_100)).encode(), "")
    assert len(library.papers) == ENTRY_LIMIT
    assert "only the first 2,000" in library.problems[-1]


@pytest.mark.parametrize(
    "piece",
    ["\n", " \n", "@", "@a{b,", "@a{b}\n", "@a{b,}}", "@a{b,a=,", "@string{a=1}\n", "{", "\r"],
    ids=range(10),
)
@pytest.mark.parametrize("name", ["x", "x.bib"])
def test_a_hostile_file_takes_little_time(piece: str, name: str) -> None:
    data = (piece * LARGEST)[:LARGEST].encode()
    begun = process_time()
    with suppress(InputError):
        read_library(data[:-1] + b"x", name)
    assert process_time() - begun < 6


def test_a_title_without_words_is_no_name() -> None:
    library = read_library(b"@misc{a,title={???}}@misc{b,title={!},doi={10.1000/b}}", "x.bib")
    assert keys(library) == ["doi:10.1000/b"]
    assert library.problems == (
        "line 1: it has no identifier, and its title has no letters or digits",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.bib", "@misc{a, title={Schrödinger’s}}"),
        ("x.ris", "TY  - JOUR\r\nTI  - Schrödinger’s\r\nER  - \r\n"),
        ("x.csv", "Title;Authors\r\nSchrödinger’s;Lima, Ana\r\n"),
        ("x.json", '[{"title": "Schrödinger’s"}]'),
    ],
)
def test_encodings_are_guessed(encoding: str, name: str, text: str) -> None:
    (paper,) = read_library(text.encode(encoding), name).papers
    assert paper.title == "Schrödinger’s"


def test_markup_is_removed() -> None:
    (paper,) = read_library(b"@misc{a, title={<script>x</script>On <b>graphs</b>}}", "x.bib").papers
    assert paper.title == "On graphs"


@settings(max_examples=150)
@given(
    data=st.one_of(
        st.binary(max_size=300),
        st.text(alphabet="@{}<>[]\"',:=\nTYERIa1 -/&;#x", max_size=300).map(str.encode),
        st.sampled_from([BIBTEX, RIS, CSV, RDF, OPML, json.dumps(CSL)]).flatmap(
            lambda text: st.integers(0, len(text)).map(lambda end: text[:end].encode())
        ),
    ),
    name=st.sampled_from(["", "x.bib", "x.ris", "x.csv", "x.json", "x.opml", "x.rdf", "x.txt"]),
)
def test_garbage_is_read_or_refused(data: bytes, name: str) -> None:
    library, refused = ReferenceLibrary(), ""
    try:
        library = read_library(data, name)
    except InputError as error:
        refused = error.field
    assert refused == ("library" if library.is_empty else "")
