import pytest
from directory_answers import ADA, ADA_ORCID, pid

from digestmail.directories.person_ids import orcid, page_of, person_id
from digestmail.domain import DirectoryName
from digestmail.errors import InputError

OPENALEX, SCHOLAR = DirectoryName.OPENALEX, DirectoryName.SEMANTIC_SCHOLAR
DBLP, ARXIV = DirectoryName.DBLP, DirectoryName.ARXIV


@pytest.mark.parametrize(
    "text",
    [
        ADA_ORCID,
        "0000000218250097",
        f"https://orcid.org/{ADA_ORCID}",
        f"http://www.orcid.org/{ADA_ORCID}/",
        f"orcid.org/{ADA_ORCID}?lang=de",
        f" ORCID iD: {ADA_ORCID} ",
        f"orcid:{ADA_ORCID}",
        "0000–0002–1825–0097",
        f"https://arxiv.org/a/{ADA_ORCID}",
    ],
)
def test_an_orcid_id(text: str) -> None:
    assert person_id(text) == ADA


def test_an_orcid_id_may_end_with_x() -> None:
    assert person_id("0000-0002-1694-233x") == pid(DirectoryName.ORCID, "0000-0002-1694-233X")


@pytest.mark.parametrize("wrong", ["0000-0002-1825-0098", "0000-0002-1825-009X"])
def test_a_typing_error_in_an_orcid_id_is_noticed(wrong: str) -> None:
    with pytest.raises(InputError, match="is not a valid ORCID iD") as caught:
        person_id(f"https://orcid.org/{wrong}")
    assert caught.value.field == "person"
    assert orcid(wrong) is None


@pytest.mark.parametrize(
    ("text", "directory", "value"),
    [
        ("A5023888391", OPENALEX, "A5023888391"),
        ("a5023888391", OPENALEX, "A5023888391"),
        ("https://openalex.org/A5023888391", OPENALEX, "A5023888391"),
        ("https://openalex.org/authors/a5023888391", OPENALEX, "A5023888391"),
        ("https://api.openalex.org/people/A5023888391?x=1", OPENALEX, "A5023888391"),
        ("1723755", SCHOLAR, "1723755"),
        ("https://www.semanticscholar.org/author/1723755", SCHOLAR, "1723755"),
        ("https://www.semanticscholar.org/author/Ada-L.-K%C3%A9ttle/1723755", SCHOLAR, "1723755"),
        ("semanticscholar.org/author/Zoé-Théière/1723755?sort=x", SCHOLAR, "1723755"),
        ("https://api.semanticscholar.org/graph/v1/author/1723755", SCHOLAR, "1723755"),
        ("65/9612", DBLP, "65/9612"),
        ("https://dblp.org/pid/65/9612", DBLP, "65/9612"),
        ("https://dblp.org/pid/65/9612.html#x", DBLP, "65/9612"),
        ("https://dblp.uni-trier.de/pid/35/7092-12.xml", DBLP, "35/7092-12"),
        ("https://dblp.org/pid/w/WeiWang.html", DBLP, "w/WeiWang"),
        ("kettle_a_1", ARXIV, "kettle_a_1"),
        ("https://arxiv.org/a/Kettle_A_1", ARXIV, "kettle_a_1"),
        ("http://arxiv.org/a/van_der_berg_j_2.atom2", ARXIV, "van_der_berg_j_2"),
        ("https://arxiv.org/a/kettle_a_1.html", ARXIV, "kettle_a_1"),
    ],
)
def test_ids_and_pages(text: str, directory: DirectoryName, value: str) -> None:
    found = person_id(text)
    assert found == pid(directory, value)
    assert person_id(page_of(found)) == found


@pytest.mark.parametrize(
    "name",
    ["Ada Kettle", "José Núñez", "王小明", "J. Doe, Jr.", "Wei Wang 0001", "O'Neill", "", "A1"],
)
def test_a_name_is_no_id(name: str) -> None:
    assert person_id(name) is None


@pytest.mark.parametrize(
    "address",
    [
        "https://scholar.google.com/citations?user=abc",
        "www.researchgate.net/profile/Ada",
        "https://dblp.org/search?q=ada",
        "https://openalex.org/W12345",
        "https://arxiv.org/abs/2610.00001",
    ],
)
def test_the_page_of_another_site_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="read the page"):
        person_id(address)
