"""Directories whose format changed somewhere: fewer people or one clear error, never a crash."""

from collections.abc import Callable
from datetime import date

import pytest
from directory_answers import (
    ADA,
    dblp_hit,
    openalex_author,
    openalex_work,
    orcid_found,
    orcid_group,
    orcid_record,
    pid,
    scholar_author,
    scholar_paper,
)
from mutations import check_mutations
from query_server import today

from digestmail.directories import dblp, openalex, orcid, semantic_scholar
from digestmail.directories.kind import DirectoryKind, DirectorySetup
from digestmail.domain import AuthorDirectory, DirectoryName, Person
from digestmail.sources.http.client import WebClient

PERSON = Person(
    name="Ada Kettle",
    ids=(
        ADA,
        pid(DirectoryName.OPENALEX, "A5000000001"),
        pid(DirectoryName.SEMANTIC_SCHOLAR, "1723755"),
    ),
)
Request = Callable[[AuthorDirectory], object]


def people(directory: AuthorDirectory) -> object:
    return directory.people("Ada Kettle")


def person(directory: AuthorDirectory) -> object:
    return directory.person(ADA)


def works(directory: AuthorDirectory) -> object:
    return directory.works(PERSON, date(2000, 1, 1))


@pytest.mark.parametrize(
    ("kind", "request_of", "response"),
    [
        (orcid.KIND, people, {"expanded-result": [orcid_found()], "num-found": 1}),
        (orcid.KIND, person, orcid_record()),
        (orcid.KIND, works, {"group": [orcid_group(1)]}),
        (openalex.KIND, people, {"results": [openalex_author()]}),
        (openalex.KIND, person, openalex_author()),
        (openalex.KIND, works, {"results": [openalex_work()]}),
        (semantic_scholar.KIND, people, {"data": [scholar_author()]}),
        (semantic_scholar.KIND, works, {"data": [scholar_paper()]}),
        (dblp.KIND, people, {"result": {"hits": {"@total": "1", "hit": [dblp_hit()]}}}),
    ],
)
def test_a_format_that_changed_is_no_crash(
    kind: DirectoryKind, request_of: Request, response: object
) -> None:
    def request(web: WebClient, url: str) -> None:
        request_of(kind.build(DirectorySetup(web=web, url=url, today=today)))

    check_mutations(response, request, 100)
