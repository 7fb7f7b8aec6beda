"""Invented answers of author directories, and the directories built on a real server."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from query_server import Interface, Query, answering, today
from sources_server import Answer, browsing

from digestmail.directories.kind import DirectoryKind, DirectorySetup
from digestmail.domain import AuthorDirectory, DirectoryName, PersonId
from digestmail.errors import DigestmailError

ADA_ORCID = "0000-0002-1825-0097"
BO_ORCID = "0000-0001-5109-3700"


def pid(directory: DirectoryName, value: str) -> PersonId:
    return PersonId(directory, value)


ADA = pid(DirectoryName.ORCID, ADA_ORCID)
BO = pid(DirectoryName.ORCID, BO_ORCID)


@dataclass
class Pages:
    """Answers by path, or by the beginning of one; anything else is not there."""

    pages: Mapping[str, Answer | Callable[[Query], Answer]] = field(default_factory=dict)

    def __call__(self, query: Query) -> Answer:
        page = self.pages.get(query.path)
        if page is None:
            return Answer('{"error": "not found"}', status=404)
        return page if isinstance(page, Answer) else page(query)


def as_json(value: object) -> Answer:
    return Answer(json.dumps(value))


@contextmanager
def directory(
    kind: DirectoryKind,
    answer: Callable[[Query], Answer] | Answer,
    *,
    key: str = "",
    timeout: float = 60,
) -> Iterator[tuple[AuthorDirectory, Interface]]:
    """A directory whose service is on loopback."""
    with answering(answer) as interface, browsing(timeout=timeout) as web:
        setup = DirectorySetup(
            web=web, url=interface.url, today=today, contact="ops@example.org", key=key
        )
        yield kind.build(setup), interface


def problem(action: Callable[[], object]) -> str:
    """The one line of the error by which an action fails."""
    try:
        action()
    except DigestmailError as error:
        message = str(error)
        assert "\n" not in message
        return message
    raise AssertionError("nothing failed")


# --- OpenAlex --------------------------------------------------------------------------------


def openalex_author(number: int = 1, **fields: object) -> dict[str, object]:
    return {
        "id": f"https://openalex.org/A500000000{number}",
        "orcid": f"https://orcid.org/{ADA_ORCID}" if number == 1 else None,
        "display_name": "Ada Kettle",
        "works_count": 40 - number,
        "last_known_institutions": [{"display_name": "University of Tea &amp; Cake"}],
        "topics": [{"display_name": "Thermodynamics"}, {"display_name": "Ceramics"}],
    } | fields


def openalex_work(number: int = 1, day: str = "2026-09-01", **fields: object) -> dict[str, object]:
    return {
        "id": f"https://openalex.org/W{number}",
        "doi": f"https://doi.org/10.5555/tea.{number}",
        "ids": {},
        "display_name": f"On tea {number}",
        "publication_date": day,
        "authorships": [
            {
                "author": {
                    "id": "https://openalex.org/A5000000001",
                    "display_name": "Ada Kettle",
                    "orcid": f"https://orcid.org/{ADA_ORCID}",
                }
            },
            {"author": {"id": "https://openalex.org/A5000000009", "display_name": "Bo Spout"}},
        ],
        "topics": [],
        "locations": [],
        "abstract_inverted_index": {"We": [0], "pour.": [1]},
    } | fields


def openalex(authors: Sequence[object], works: Sequence[object]) -> Pages:
    pages: dict[str, Answer | Callable[[Query], Answer]] = {
        "/authors": as_json({"meta": {"count": len(authors)}, "results": authors}),
        "/works": as_json({"meta": {"count": len(works)}, "results": works}),
    }
    for author in authors:
        assert isinstance(author, dict)
        pages[f"/authors/{author['id'].rpartition('/')[2]}"] = as_json(author)
        if author["orcid"]:
            pages[f"/authors/orcid:{author['orcid'].rpartition('/')[2]}"] = as_json(author)
    return Pages(pages)


# --- ORCID -----------------------------------------------------------------------------------


def orcid_group(
    number: int = 1, day: tuple[str, ...] = ("2026", "09", "01"), **fields: object
) -> object:
    date = {
        name: {"value": part} for name, part in zip(("year", "month", "day"), day, strict=False)
    }
    identifiers = {
        "external-id": [
            {
                "external-id-type": "doi",
                "external-id-value": f"10.5555/Tea.{number}",
                "external-id-relationship": "self",
            },
            {
                "external-id-type": "issn",
                "external-id-value": "1476-4687",
                "external-id-relationship": "part-of",
            },
        ]
    }
    summary = {
        "put-code": 100 + number,
        "title": {"title": {"value": f"On tea {number}"}, "subtitle": None},
        "external-ids": identifiers,
        "type": "journal-article",
        "publication-date": date or None,
        "journal-title": {"value": "Journal of Tea"},
        "url": {"value": "https://example.org/tea"},
    }
    return {"external-ids": identifiers, "work-summary": [summary | fields]}


def orcid_record(**name: object) -> dict[str, object]:
    def job(company: str, end: object) -> object:
        summary = {"organization": {"name": company}, "end-date": end}
        return {"summaries": [{"employment-summary": summary}]}

    names = {"given-names": {"value": "Ada"}, "family-name": {"value": "Kettle"}} | name
    return {
        "orcid-identifier": {"path": ADA_ORCID},
        "person": {
            "name": names,
            "keywords": {"keyword": [{"content": "tea"}, {"content": "heat"}]},
        },
        "activities-summary": {
            "employments": {
                "affiliation-group": [
                    job("Old Kettle Works", {"year": {"value": "2019"}}),
                    job("University of Tea", None),
                ]
            },
            "works": {"group": [orcid_group(1), orcid_group(2, ("2026", "10", "02"))]},
        },
    }


def orcid_found(**fields: object) -> dict[str, object]:
    return {
        "orcid-id": ADA_ORCID,
        "given-names": "Ada",
        "family-names": "KETTLE",
        "credit-name": None,
        "other-name": [],
        "institution-name": ["University of Tea"],
    } | fields


# --- Semantic Scholar ------------------------------------------------------------------------


def scholar_author(number: int = 1723755, **fields: object) -> dict[str, object]:
    return {
        "authorId": str(number),
        "name": "Ada Kettle",
        "affiliations": ["University of Tea"],
        "paperCount": 12,
        "externalIds": {"ORCID": ADA_ORCID, "DBLP": ["Ada Kettle"]},
        "papers": [
            {"title": "Old tea", "year": 2019, "fieldsOfStudy": ["Physics"]},
            {
                "title": "New tea",
                "year": 2026,
                "publicationDate": "2026-10-01",
                "fieldsOfStudy": None,
            },
            {"title": "Tea", "year": 2026, "fieldsOfStudy": ["Computer Science", "Physics"]},
        ],
    } | fields


def scholar_paper(number: int = 1, **fields: object) -> dict[str, object]:
    return {
        "paperId": f"{number:040}",
        "externalIds": {"DOI": f"10.5555/tea.{number}"},
        "title": f"On tea {number}",
        "abstract": None,
        "authors": [
            {"authorId": "1723755", "name": "Ada Kettle"},
            {"authorId": "42000", "name": "Bo Spout"},
            {"authorId": None, "name": "Cy Lid"},
        ],
        "publicationDate": "2026-09-01",
        "year": 2026,
        "fieldsOfStudy": ["Physics"],
    } | fields


# --- DBLP ------------------------------------------------------------------------------------

DBLP_PAGE = f"""<?xml version="1.0"?>
<dblpperson name="Ada Kettle 0001" pid="65/9612" n="4">
<person key="homepages/65/9612"><author pid="65/9612">Ada Kettle 0001</author>
<note type="affiliation">University of Tea</note><note type="award">Cup</note>
<url>https://example.org/ada</url><url>https://orcid.org/{ADA_ORCID}</url></person>
<r><inproceedings key="conf/tea/Kettle26"><author orcid="{ADA_ORCID}" pid="65/9612">Ada Kettle
 0001</author><author pid="70/1">Jos&#233; N&#250;&#241;ez</author>
<title>H<sub>2</sub>O at scale.</title><year>2026</year><booktitle>TEA</booktitle>
<ee>https://doi.org/10.5555/tea.1</ee><url>db/conf/tea/tea2026.html#Kettle26</url></inproceedings></r>
<r><article publtype="informal" key="journals/corr/abs-2610-00001"><author pid="65/9612">Ada Kettle
 0001</author><title>Cups.</title><year>2026</year><journal>CoRR</journal>
<ee type="oa">https://doi.org/10.48550/arXiv.2610.00001</ee></article></r>
<r><article key="journals/jt/Kettle19"><author pid="65/9612">Ada Kettle 0001</author>
<title>Old tea.</title><year>2019</year><journal>J. Tea</journal></article></r>
<r><proceedings key="conf/tea/2026"><editor pid="65/9612">Ada Kettle 0001</editor>
<title>Proceedings.</title><year>2026</year></proceedings></r>
<r><article key="journals/jt/Untitled"><author pid="65/9612">Ada Kettle 0001</author>
<year>2026</year></article></r>
</dblpperson>"""


def dblp_hit(number: int = 9612, **fields: object) -> dict[str, object]:
    info = {
        "author": "Ada Kettle 0001",
        "notes": {"note": {"@type": "affiliation", "text": "University of Tea"}},
        "url": f"https://dblp.org/pid/65/{number}",
    }
    return {"@score": "3", "info": info | fields}


def dblp_hits(hits: object, total: int = 1) -> Answer:
    listed = {} if hits is None else {"hit": hits}
    return as_json({"result": {"hits": {"@total": str(total)} | listed}})


# --- arXiv -----------------------------------------------------------------------------------


def arxiv_feed(*numbers: str, name: str = "Ada Kettle") -> str:
    entries = "".join(
        f"""<entry><id>http://arxiv.org/abs/{number}v2</id><title>On cups {number}</title>
<summary>We lift cups.</summary><author><name>Ada Kettle</name></author>
<author><name>Bo Spout</name></author><published>2026-09-0{at}T10:00:00Z</published>
<updated>2026-09-09T10:00:00Z</updated>
<arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.AI"/>
<category term="cs.AI"/></entry>"""
        for at, number in enumerate(numbers, 1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">
<title>{name}'s articles on arXiv</title><id>http://arxiv.org/a/kettle_a_1</id>{entries}</feed>"""
