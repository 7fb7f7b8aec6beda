import pytest
from hypothesis import given
from hypothesis import strategies as st

from digestmail.errors import InputError
from digestmail.sources.normalise.identifiers import (
    arxiv_id,
    arxiv_order,
    canonical_key,
    doi,
    dois,
    is_own_key,
    key_from_reference,
    pubmed_key,
)
from digestmail.sources.normalise.placeholders import is_placeholder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2508.13426", ("2508.13426", 1)),
        ("2508.13426v1", ("2508.13426", 1)),
        (" arXiv:2508.13426v12\n", ("2508.13426", 12)),
        ("arxiv: 0704.0001", ("0704.0001", 1)),
        ("oai:arXiv.org:2508.13426v3", ("2508.13426", 3)),
        ("https://arxiv.org/abs/2508.13426v2?context=cs", ("2508.13426", 2)),
        ("http://export.arxiv.org/pdf/2508.13426v2.pdf", ("2508.13426", 2)),
        ("arxiv.org/html/2508.13426#S1", ("2508.13426", 1)),
        ("https://doi.org/10.48550/arXiv.2508.13426", ("2508.13426", 1)),
        ("10.48550/ARXIV.MATH/0309136", ("math/0309136", 1)),
        ("astro-ph/0601001v2", ("astro-ph/0601001", 2)),
        ("math.GT/0309136", ("math/0309136", 1)),
        ("cond-mat.supr-con/9901001", ("cond-mat/9901001", 1)),
    ],
)
def test_arxiv_ids(text: str, expected: tuple[str, int]) -> None:
    assert arxiv_id(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "2513.13426", "3.14", "paper/1234567", "x2508.13426", "2508.13426 and more", "٢٥٠٨.١٣٤٢٦"],
)
def test_what_is_no_arxiv_id(text: str) -> None:
    assert arxiv_id(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1000/ABC", "10.1000/abc"),
        ("doi: 10.1000/ABC.", "10.1000/abc"),
        ("https://doi.org/10.1000/abc%2Fd?utm=1", "10.1000/abc/d"),
        ("http://dx.doi.org/10.1000.10/123", "10.1000.10/123"),
        (
            "10.1002/(SICI)109(1999)4:6<391::A>3.0.CO;2-9",
            "10.1002/(sici)109(1999)4:6<391::a>3.0.co;2-9",
        ),
        ("https://doi.org/10.1000/a%20b", ""),
        ("https://doi.org/10.1000/%0d%0a", ""),
        ("10.1000/", ""),
        ("10.1000/a 10.1000/b", ""),
        ("https://example.org/10.1000/a", ""),
    ],
)
def test_dois(text: str, expected: str) -> None:
    assert doi(text) == expected


@pytest.mark.parametrize(
    ("raw_id", "work_doi", "expected"),
    [
        ("oai:arXiv.org:2508.13426v2", "10.1000/j", "arxiv:2508.13426"),
        ("hf-1", "10.48550/arXiv.2508.13426", "arxiv:2508.13426"),
        ("PMID1", "https://doi.org/10.1000/J", "doi:10.1000/j"),
        ("10.1101/2026.01.01.123456", "", "doi:10.1101/2026.01.01.123456"),
        ("seed:a5e952e1bc7f", "", "seed:a5e952e1bc7f"),
        ("sample:x-01", "not a doi", "sample:x-01"),
        ("W42", "", "lab:W42"),
        ("https://example.org/p/1", "", "lab:https://example.org/p/1"),
        ("arxiv:nonsense", "", "lab:arxiv:nonsense"),
        ("Note: two words", "", "lab:Note: two words"),
    ],
)
def test_canonical_keys(raw_id: str, work_doi: str, expected: str) -> None:
    assert canonical_key(raw_id, work_doi=work_doi, source="lab") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://arxiv.org/pdf/2508.13426v2", "arxiv:2508.13426"),
        ("arxiv:2508.13426", "arxiv:2508.13426"),
        ("https://doi.org/10.1000/Abc", "doi:10.1000/abc"),
        ("doi:10.1000/abc", "doi:10.1000/abc"),
        ("sample:x-01", "sample:x-01"),
    ],
)
def test_references_that_subscribers_type(text: str, expected: str) -> None:
    assert key_from_reference(text) == expected


@pytest.mark.parametrize(
    "text", ["", "Attention", "https://example.org/a", "a: b", "x:" + "y" * 400]
)
def test_references_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match="is not a paper we recognise") as caught:
        key_from_reference(text)
    assert caught.value.field == "seed_papers"
    assert len(str(caught.value)) < 250


@given(st.text(max_size=40))
def test_a_key_made_is_a_key_kept(text: str) -> None:
    key = canonical_key(f"x{text}", source="lab")
    assert canonical_key(key, source="lab") in (key, f"lab:{key}")
    assert key.isprintable() or not text.isprintable()


def test_arxiv_keys_sort_as_they_were_given_out() -> None:
    ids = ["hep-th/9108001", "math/0309136", "math/0703999", "0704.0001", "1412.9999"]
    keys = [f"arxiv:{name}" for name in [*ids, "1501.00001", "2603.00002", "2603.10001"]]
    assert sorted({*keys}, key=arxiv_order) == keys
    with pytest.raises(ValueError, match="is not an arXiv key"):
        arxiv_order("doi:10.1000/x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1000/a", ("10.1000/a",)),
        ("10.1000/a; 10.1000/b", ("10.1000/a", "10.1000/b")),
        ("10.1000/a;10.1000/B, doi:10.1000/a", ("10.1000/a", "10.1000/b")),
        ("https://doi.org/10.1000/a|https://doi.org/10.1000/b", ("10.1000/a", "10.1000/b")),
        ("DOI 10.1000/a", ("10.1000/a",)),
        (
            "doi: 10.1002/(SICI)1(1999)4:6<3::A>3.0.CO;2-9",
            ("10.1002/(sici)1(1999)4:6<3::a>3.0.co;2-9",),
        ),
        ("info:doi/10.1000/a", ("10.1000/a",)),
        ("urn:doi:10.1000/a", ("10.1000/a",)),
        ("doi:https://doi.org/10.1000/a", ("10.1000/a",)),
        ("10.0000/0000", ()),
        ("10.1000/n/a", ()),
        ("https://doi.org/TBD", ()),
        ("", ()),
    ],
)
def test_one_field_may_list_dois(text: str, expected: tuple[str, ...]) -> None:
    assert dois(text) == expected


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (40000001, "pmid:40000001"),
        ("PMID: 40000001", "pmid:40000001"),
        ("pubmed:40000001", "pmid:40000001"),
        ("https://pubmed.ncbi.nlm.nih.gov/40000001/?utm_source=x", "pmid:40000001"),
        ("https://www.ncbi.nlm.nih.gov/pubmed/40000001", "pmid:40000001"),
        ("0", ""),
        ("N/A", ""),
        (None, ""),
    ],
)
def test_pubmed_ids(value: object, key: str) -> None:
    assert pubmed_key(value) == key


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("pmid:7", True),
        ("hal:hal-04000001", True),  # of a source that nobody thought of, with a hyphen
        ("openreview:aB_c-d", True),
        ("openalex:none", False),
        ("doi:10.1000/x", False),
        ("https://a.example/", False),
        ("W42", False),
        ("x:" + "y" * 400, False),
    ],
)
def test_keys_that_services_give(key: str, expected: bool) -> None:
    assert is_own_key(key) is expected


@pytest.mark.parametrize(
    "text",
    ["", "-", "--", "—", "N/A", "n.a.", "#N/A", "(none)", "<NA>", "NULL", "TBD", "?", "0", "0000",
     "doi:N/A", "https://doi.org/", "https://doi.org/none", "not available", "Not Applicable",
     "urn:uuid:00000000-0000-0000-0000-000000000000", "xxx", "in press", "k. A.", "无", "nan",
     "undefined", "to be assigned", "pmid: -"],
)  # fmt: skip
def test_placeholders(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["x1", "a", "W42", "10.1000/x", "nature", "42", "N-1", "NA12878"])
def test_what_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)
