"""PubMed: the new citations that match a query, by the E-utilities.

https://www.ncbi.nlm.nih.gov/books/NBK25499/: ESearch stores its results on the server (WebEnv)
and EFetch returns them in slices. "Entered" is PubMed's own date (edat); publication dates lie in
the future or years back.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from digestmail.domain import BadRecord, Paper, Source
from digestmail.sources import options
from digestmail.sources.http.client import WebClient
from digestmail.sources.kind import Kind, Setup
from digestmail.sources.options import Options, check_api_key
from digestmail.sources.services.json_api import (
    RECORD_LIMIT,
    Service,
    first_day,
    truncated_query,
)
from digestmail.sources.services.medline import document, read_article
from digestmail.text import one_line

BASE_URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
_TOOL = "digestmail"
_OVERLAP_DAYS = 3  # requested again, since some citations are indexed late
_ROOTS = {"esearch": "eSearchResult", "efetch": "PubmedArticleSet"}
_ARTICLES = frozenset({"PubmedArticle", "PubmedBookArticle"})
_SLICE_SIZE = 200  # articles in one answer, of up to 100 kB each


class PubmedSource:
    """The new citations that match ``query``, in PubMed's own syntax.

    ``email`` is the contact for NCBI; ``today`` returns the date.
    """

    def __init__(
        self,
        query: str,
        web: WebClient,
        name: str = "pubmed",
        base_url: str = BASE_URL,
        *,
        today: Callable[[], date],
        email: str = "",
        api_key: str = "",
    ) -> None:
        self._query = query
        self._base_url = base_url.rstrip("/")
        self._common = {"db": "pubmed", "tool": _TOOL}
        optional = {"email": email, "api_key": check_api_key(api_key)}
        self._common |= {key: value for key, value in optional.items() if value}
        self._service = Service("PubMed", web, secret=api_key)
        self._name = name
        self._today = today

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the citations entered since a few days before ``since``; see Source."""
        today = self._today()
        count, history = self._search(first_day(since, today, _OVERLAP_DAYS), today)
        articles = self._articles(min(count, RECORD_LIMIT), history)
        yield from self._service.validated(read_article(a, self._name) for a in articles)
        if count > RECORD_LIMIT:
            yield truncated_query(f"{count:,}")

    def _search(self, first: date, last: date) -> tuple[int, dict[str, str]]:
        """Return the number of matching articles, and the server's handle of their list."""
        root = self._call(
            "esearch",
            term=self._query,
            datetype="edat",
            mindate=f"{first:%Y/%m/%d}",
            maxdate=f"{last:%Y/%m/%d}",
            usehistory="y",
            retmax="0",
        )
        count = _text(root, "Count")
        if not (count.isascii() and count.isdigit()):
            raise self._service.error("its response has no count: its format may have changed")
        return int(count), {"WebEnv": _text(root, "WebEnv"), "query_key": _text(root, "QueryKey")}

    def _articles(self, count: int, history: dict[str, str]) -> Iterator[Element]:
        for start in range(0, count, _SLICE_SIZE):
            limits = {"retstart": str(start), "retmax": str(_SLICE_SIZE), "retmode": "xml"}
            answer = self._call("efetch", **history, **limits)
            articles = [child for child in answer if child.tag in _ARTICLES]
            if not articles:
                raise self._service.error(f"it sent none of {count:,} articles from {start:,}")
            yield from articles

    def _call(self, utility: str, **parameters: str) -> Element:
        query = urlencode(self._common | parameters)
        response = self._service.get(f"{self._base_url}/{utility}.fcgi?{query}")
        root = document(response.content, self._service)
        if problem := _text(root, "ERROR"):
            raise self._service.error(f"it refuses the query: {problem[:200]}")
        if root.tag != _ROOTS[utility]:
            raise self._service.error(
                f"its response is not {_ROOTS[utility]} but “{root.tag[:40]}”"
            )
        return root


def _text(element: Element, name: str) -> str:
    return one_line(element.findtext(name, ""))


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    options.required(values, "query")
    options.email(values)
    check_api_key(options.optional(values, "api_key"))
    options.web_address(values, "url", BASE_URL)


def _build(setup: Setup) -> Source:
    return PubmedSource(
        options.required(setup.options, "query"),
        setup.web,
        setup.name,
        options.web_address(setup.options, "url", BASE_URL),
        today=setup.today,
        email=options.email(setup.options),
        api_key=options.optional(setup.options, "api_key"),
    )


KIND = Kind(
    name="pubmed",
    summary="new citations that match a PubMed query",
    options={
        "query": "query in PubMed syntax: malaria[ti] AND vaccine",
        "api_key": "NCBI key (optional)",
        "email": "contact address for NCBI",
        "url": f"address of the API (default {BASE_URL})",
    },
    check=_check,
    build=_build,
    key_prefix="pmid",
    secrets=frozenset({"api_key"}),
)
