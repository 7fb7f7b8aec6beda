import json
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.domain import Paper
from digestmail.sources.normalise.dates import utc
from digestmail.sources.normalise.paper import RecordError, paper_from_record, shared_names

FIELDS = "id arxiv_id doi title abstract summary authors categories url published updated version"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TYPICAL = st.sampled_from(
    ["2508.13426v2", "10.1000/x", "https://x.org/1", "2026-6-3", "A, B and C; D", "<b>x</b>", "v2"]
)


def made(**record: object) -> Paper:
    return paper_from_record({"id": "x1", "title": "On teapots"} | record, source="lab")


def test_a_full_record() -> None:
    paper = made(
        id="2603.00001v3",
        abstract="We <i>watch</i> teapots.",
        authors=["Ada Kettle", "Spout, Bo"],
        categories="cs.AI stat.ML;cs.AI, q-bio.NC",
        url="https://example.org/pdf",
        doi="10.1000/J",
        published="2026-6-3",
        updated="2026-06-04T01:00:00+02:00",
    )
    assert paper == Paper(
        key="arxiv:2603.00001",
        title="On teapots",
        abstract="We watch teapots.",
        authors=("Ada Kettle", "Bo Spout"),
        categories=("cs.AI", "stat.ML", "q-bio.NC"),
        url="https://arxiv.org/abs/2603.00001",
        pdf_url="https://arxiv.org/pdf/2603.00001",
        doi="10.1000/j",
        version=3,
        published_at=datetime(2026, 6, 3, tzinfo=UTC),
        updated_at=datetime(2026, 6, 3, 23, tzinfo=UTC),
        source="lab",
    )


def test_what_a_record_brings_beside_the_abstract() -> None:
    paper = made(
        tldr="It watches\u202e <b>teapots</b>.",
        tldr_source="Tea Press",
        pdf_url="https://example.org/1.pdf",
        code_url="https://github.com/lab/tea",
        project_url="https://tea.example",
    )
    assert (paper.summary, paper.summary_source) == ("It watches teapots.", "Tea Press")
    assert paper.pdf_url == "https://example.org/1.pdf"
    assert paper.code_url == "https://github.com/lab/tea"
    assert paper.project_url == "https://tea.example"


def test_a_summary_without_a_name_is_by_the_source() -> None:
    assert made(tldr="It watches teapots.").summary_source == "lab"
    assert made(tldr="N/A").summary_source == ""


def test_a_long_summary_ends_with_a_sentence() -> None:
    summary = made(tldr="It watches teapots. " * 200).summary
    assert len(summary) <= 600
    assert summary.endswith("teapots.")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.test",
        "http://a:b@evil.test",
        7,
        None,
        "https://" + "x" * 2000,
        "https://evil.test/<script>",
        "ftp://evil.test/1.pdf",
        "http://[",
    ],
)
def test_hostile_addresses_are_none(url: object) -> None:
    paper = made(pdf_url=url, code_url=url, project_url=url)
    assert (paper.pdf_url, paper.code_url, paper.project_url) == ("", "", "")


def test_little_is_enough() -> None:
    assert made() == Paper(key="lab:x1", title="On teapots", source="lab")
    assert made(id=42).key == "lab:42"
    assert made(abstract=None, summary="S").abstract == "S"


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({"title": None}, "no title"),
        ({"title": " <b></b> "}, "no title"),
        ({"title": ["x"]}, "no title"),
        ({"id": 2508.1342}, "decimal number"),
        ({"id": "x" * 301}, "longer than 300"),
    ],
)
def test_unusable_records(record: dict[str, object], problem: str) -> None:
    with pytest.raises(RecordError, match=problem):
        made(**record)


def test_a_record_without_id_is_known_by_title_and_first_surname() -> None:
    key = made(id=None, authors="Ada Kettle; Bo Spout").key
    assert key == made(id="", title="On  TEAPOTS.", authors=["A. Kettle"]).key
    assert key.startswith("lab:")
    assert len(key) == len("lab:") + 12
    assert key != made(id=None, authors="Bo Spout").key
    assert key != made(id=None, title="On kettles", authors="Ada Kettle").key


def test_an_address_can_be_the_identifier() -> None:
    assert made(id=None, url="https://arxiv.org/abs/2603.00001v2").version == 2
    assert made(id=None, url="https://doi.org/10.1000/X").key == "doi:10.1000/x"
    assert made(id=float("nan"), arxiv_id="2603.00001").key == "arxiv:2603.00001"


@pytest.mark.parametrize("nothing", ["N/A", "none", "-", "TBD", "https://doi.org/n/a", "0000"])
@pytest.mark.parametrize("field", ["id", "doi", "arxiv_id", "url", "pmid"])
def test_a_placeholder_is_no_identity(field: str, nothing: str) -> None:
    one, other = (made(**{"id": None, "title": t, field: nothing}) for t in ("On cats", "On dogs"))
    assert one.key != other.key
    assert one.doi == ""


@pytest.mark.parametrize("field", ["doi", "arxiv_id", "pmid"])
def test_what_is_no_public_identifier_names_no_work(field: str) -> None:
    assert made(id=None, **{field: "Vol. 7"}).key == made(id=None).key


def test_two_dois_in_one_field() -> None:
    paper = made(id=None, doi="10.1000/a; 10.1000/B")
    assert (paper.key, paper.doi, paper.aliases) == (
        "doi:10.1000/a",
        "10.1000/a",
        ("doi:10.1000/b",),
    )


@pytest.mark.parametrize(
    ("record", "key", "aliases"),
    [
        ({"pmid": "40000001"}, "pmid:40000001", ()),
        ({"pmid": 40000001, "doi": "10.1000/a"}, "doi:10.1000/a", ("pmid:40000001",)),
        ({"id": "PMID: 40000001"}, "pmid:40000001", ()),
        ({"id": "40000001"}, "lab:40000001", ()),
    ],
)
def test_pubmed_ids_are_identifiers(
    record: dict[str, object], key: str, aliases: tuple[str, ...]
) -> None:
    paper = made(**{"id": None} | record)
    assert (paper.key, paper.aliases) == (key, aliases)


@pytest.mark.parametrize(
    ("pairs", "shared"),
    [
        ([("x", "On cats"), ("x", "On dogs"), ("y", "On birds")], {"x"}),
        ([("x", "On cats"), ("x", "ON CATS."), ("x", "On cats")], set()),
        ([("10.1000/a", "On cats"), ("10.1000/a", "On cats and dogs: a study")], set()),
        ([("10.1000/a", "On cats at night"), ("10.1000/a", "A study of birds")], {"10.1000/a"}),
        ([("2301.00001", "On cats"), ("2301.00001v2", "On cats")], set()),
        ([("2301.00001", "On cats"), ("2301.00001", "On cats at night")], set()),
        ([], set()),
    ],
)
def test_names_that_stand_with_different_titles(
    pairs: list[tuple[str, str]], shared: set[str]
) -> None:
    assert shared_names(pairs) == shared


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("On teapots and kettles.", "On teapots and kettles"),
        ("[On teapots and kettles].", "On teapots and kettles"),
        ("Tea in the U.S.", "Tea in the U.S."),
        ("A reply to Kettle et al.", "A reply to Kettle et al."),
        ("Tea and then...", "Tea and then..."),
        ("[60]Fullerene", "[60]Fullerene"),
        ("Who drinks tea?", "Who drinks tea?"),
    ],
)
def test_titles_lose_their_full_stop(raw: str, title: str) -> None:
    assert made(title=raw).title == title


def test_subject_classes_are_no_categories() -> None:
    listed = [
        "cs.AI",
        "I.2.7; I.2.6",
        "68T07",
        "53C21 (Primary) 53C44",
        "MSC 60-08",
        "Cell biology",
    ]
    assert made(categories=listed).categories == ("cs.AI", "Cell biology")
    assert made(categories="cs.AI; I.2.7, 68T50").categories == ("cs.AI",)


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("https://good.example@evil.example/", ""),
        ('https://x.org/"onclick=', ""),
        ("http://[broken", ""),
        (7, ""),
    ],
)
def test_addresses(given_url: object, expected: str) -> None:
    assert made(url=given_url).url == expected


def test_a_doi_gives_an_address() -> None:
    assert made(doi="10.1000/A<b>#c").url == "https://doi.org/10.1000/a%3Cb%3E%23c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Kettle; Bo Spout", ("Ada Kettle", "Bo Spout")),
        ("Kettle, Ada; M&uuml;ller, Bo;", ("Ada Kettle", "Bo Müller")),
        ("Kettle, Ada and Spout, Bo", ("Ada Kettle", "Bo Spout")),
        ("Ada Kettle and Bo Spout", ("Ada Kettle", "Bo Spout")),
        ("Ada Kettle, Bo Spout, and Cy Lid", ("Ada Kettle", "Bo Spout", "Cy Lid")),
        ("Ada Kettle, Bo Spout", ("Ada Kettle", "Bo Spout")),
        ("Kettle, Ada", ("Ada Kettle",)),
        ("Ada Kettle, Jr., Bo Spout", ("Ada Kettle Jr.", "Bo Spout")),
        ("", ()),
    ],
)
def test_author_strings(text: str, expected: tuple[str, ...]) -> None:
    assert made(authors=text).authors == expected


def test_author_lists() -> None:
    assert made(authors=["Ada Kettle, Jr.", {"name": "Bo"}, 3, ""]).authors == (
        "Ada Kettle Jr.",
        "Bo",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-6-3", datetime(2026, 6, 3, tzinfo=UTC)),
        ("2026/12/31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("2026-6-3T04:05:06Z", datetime(2026, 6, 3, 4, 5, 6, tzinfo=UTC)),
        ("2026-06-03 00:00:00-05:00", datetime(2026, 6, 3, 5, tzinfo=UTC)),
        ("2026-13-01", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("yesterday", None),
        (20260603, None),
    ],
)
def test_dates(text: object, expected: datetime | None) -> None:
    assert utc(text) == expected


@pytest.mark.parametrize(
    ("version", "expected"), [(2, 2), ("v3", 3), ("0", 1), (-1, 1), ("²", 1), (9**99, 1), (None, 1)]
)
def test_versions(version: object, expected: int) -> None:
    assert made(version=version).version == expected


def test_lengths_are_capped() -> None:
    paper = made(title="t" * 5000, abstract="<p>" + "a" * 200_000)
    assert (len(paper.title), len(paper.abstract)) == (1_000, 20_000)


def controls(text: str) -> list[str]:
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cs")]


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS.split(), JSON | TYPICAL)))
def test_nothing_unexpected_is_raised_or_left(record: dict[str, object]) -> None:
    try:
        paper = paper_from_record(record, source="lab")
    except RecordError:
        return
    texts = [paper.key, paper.title, paper.abstract, paper.url, paper.doi]
    assert not controls("".join([*texts, *paper.authors, *paper.categories]))
    assert paper.title
    assert ":" in paper.key
    assert paper.version >= 1
    json.dumps(texts).encode()
