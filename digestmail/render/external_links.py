"""Where a paper, its PDF and its code are outside of the service."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from digestmail.domain import Paper
from digestmail.i18n import N_
from digestmail.render.cleaning import web_url

_DOI_OF_ARXIV = "10.48550/"


class ExternalLink(NamedTuple):
    """A link to another site. ``label`` is a message to be translated, ``url`` http or https."""

    label: str
    url: str


def external_links(paper: Paper) -> tuple[ExternalLink, ...]:
    """Return a paper's PDF, code, project page and DOI, as far as they are known, each once.

    The page of the abstract, ``Paper.url``, is not among them: the title leads there. So do
    arXiv's own DOIs.
    """
    page = web_url(paper.url)
    links = {url: label for label, url in reversed(list(_links(paper))) if url and url != page}
    return tuple(ExternalLink(label, url) for url, label in reversed(links.items()))


def _links(paper: Paper) -> Iterator[tuple[str, str]]:
    yield N_("PDF"), web_url(paper.pdf_url)
    yield N_("Code"), web_url(paper.code_url)
    yield N_("Project page"), web_url(paper.project_url)
    if paper.doi and not paper.doi.lower().startswith(_DOI_OF_ARXIV):
        yield N_("DOI"), web_url(f"https://doi.org/{quote(paper.doi, safe='/():;.,-_~')}")
