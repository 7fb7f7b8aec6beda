"""Any RSS or Atom feed as a source: of a journal, a conference, a blog.

A feed is written by strangers: its size is bounded, document types with declarations are refused,
markup is cleaned and only http(s) links stay. The feed's own tags ("News", "Article") are ignored,
except for those of arXiv: subscribers do not choose them as categories.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urljoin

from digestmail.domain import BadRecord, Paper, Source, SourceMemory
from digestmail.errors import SourceError
from digestmail.sources import options
from digestmail.sources.feeds.document import read_document
from digestmail.sources.feeds.entry import FeedRecord, own_keys, read_entry
from digestmail.sources.feeds.xml_reader import LIMITS, Limits
from digestmail.sources.http.client import Validators, WebClient
from digestmail.sources.http.ssrf_guard import PrivateAddressError
from digestmail.sources.kind import Kind, Setup
from digestmail.sources.normalise.paper import RecordError, paper_from_record, shared_names
from digestmail.sources.options import Options


class FeedSource:
    """The papers of one feed, whenever it has changed.

    ``web`` should refuse private addresses unless the operator allowed them.
    """

    def __init__(self, url: str, web: WebClient, name: str, memory: SourceMemory) -> None:
        self._url = url
        self._web = web
        self._name = name
        self._values = memory.values

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:  # noqa: ARG002
        """Yield all papers in the feed; none where it did not change.

        See Source.
        """
        validators = Validators.load(self._values, self._url)
        try:
            response = self._web.get(self._url, validators=validators)
        except PrivateAddressError as error:
            raise SourceError(f"{error}; if that is intended, add private=yes") from error
        if response.status == 304:
            return
        yield from read_any_feed(response.content, url=response.url, source=self._name)
        response.validators.store(self._values, self._url)


def read_any_feed(
    content: bytes,
    *,
    url: str,
    source: str,
    limits: Limits = LIMITS,
) -> list[Paper | BadRecord]:
    """Return the papers of a feed; raise SourceError where ``content`` is no usable feed.

    A feed without entries is a quiet day. One in which no entry can be read is refused. A paper is
    known by its arXiv id, DOI or PubMed id, else by a hash of its guid or address:
    ``<source>:<hash>``. An identifier of several entries with different titles identifies none of
    them. arXiv's announcements of new versions are left out, as by sources of kind ``arxiv``.
    """
    document = read_document(content, url, limits)
    base = urljoin(url, document.base)
    records = [read_entry(entry, base) for entry in document.entries]
    shared = shared_names(
        (name, r.title) for r in records for name in (*r.own_ids, *r.dois, *r.cited_dois)
    )
    news = [record for record in records if not record.announce_type.startswith("replace")]
    results = [_read(record, shared, source) for record in news]
    results += document.problems
    errors = [result for result in results if isinstance(result, BadRecord)]
    if errors and len(errors) == len(results) and records:
        first = f"{errors[0].where}: {errors[0].problem}"
        raise SourceError(f"{url}: 0 of {len(errors)} entries could be read ({first})")
    return results


def _read(record: FeedRecord, shared: Collection[str], source: str) -> Paper | BadRecord:
    own_id = next((name for name in record.own_ids if name not in shared), "")
    keys = own_keys(own_id) if own_id else ()
    dois = [name for name in (*record.dois, *record.cited_dois) if name not in shared]
    is_public = bool(record.arxiv_id or dois or record.pmid)
    fields = {
        "arxiv_id": record.arxiv_id,
        "id": "" if is_public else next(iter(keys), ""),
        "doi": next(iter(dois), ""),
        "pmid": record.pmid,
        "title": record.title,
        "abstract": record.abstract,
        "authors": record.authors,
        "url": record.url,
        "published": record.published,
        "categories": record.categories,
    }
    try:
        paper = paper_from_record(fields, source=source)
    except RecordError as error:
        return BadRecord(record.where, str(error))
    # Earlier versions knew a paper by its guid, unless these identifiers were in the entry.
    is_known_by_guid = not (record.arxiv_id or set(dois) & set(record.dois))
    guid_keys = [f"{source}:{key}" for key in keys] if is_known_by_guid else []
    aliases = (key for key in guid_keys if key != paper.key)
    return replace(paper, aliases=(*paper.aliases, *aliases))


# --- the kind --------------------------------------------------------------------------------


def _check(values: Options) -> None:
    options.web_address(values)
    options.is_yes(values, "private", default=False)


def _build(setup: Setup) -> Source:
    is_private = options.is_yes(setup.options, "private", default=False)
    web = setup.web if is_private else setup.context.public_web
    return FeedSource(options.web_address(setup.options), web, setup.name, setup.memory)


KIND = Kind(
    name="feed",
    summary="any RSS or Atom feed: a journal, a conference, a blog",
    options={
        "url": "the feed's address",
        "private": "allow an address in a private network: yes or no (default)",
    },
    check=_check,
    build=_build,
)
