"""An entry of a feed made a record of its title, abstract, authors, identifiers and dates."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit

from digestmail.sources.arxiv.taxonomy import arxiv_categories
from digestmail.sources.arxiv.xml import ANNOUNCEMENT
from digestmail.sources.feeds.citations import EntryMetadata
from digestmail.sources.feeds.description import read_descriptions
from digestmail.sources.feeds.title import EntryTitle, read_title
from digestmail.sources.feeds.xml_reader import Entry, Field
from digestmail.sources.normalise.authors import author_name, split_authors
from digestmail.sources.normalise.dates import first_utc
from digestmail.sources.normalise.identifiers import arxiv_id, dois, pubmed_key
from digestmail.sources.normalise.identifiers import doi as normal_doi
from digestmail.sources.normalise.placeholders import is_placeholder
from digestmail.text import one_line

_TEXTS = ("description", "summary", "content:encoded", "content", "dc:description", "dc:abstract")
_MORE_TEXTS = ("abstract", "prism:teaser", "media:description", "itunes:summary")
_DATES = ("pubdate", "published", "dc:date", "issued", "dc:issued", "prism:publicationdate")
_MORE_DATES = (
    "prism:coverdate",
    "created",
    "dc:created",
    "updated",
    "modified",
    "dc:modified",
    "date",
)
# The fields of authors, the most reliable first.
_PEOPLE = (
    "dc:creator",
    "author/name",
    "authors/author",
    "author",
    "authors",
    "creator",
    "dc:author",
    "dc:contributor",
    "contributor/name",
    "itunes:author",
)
_GUIDS = ("guid", "id")
_DOI_FIELDS = (
    "prism:doi",
    "doi",
    "arxiv:doi",
    "dc:identifier",
    "identifier",
    "dc:source",
    "prism:url",
)

# --- addresses -------------------------------------------------------------------------------

_DOI_IN_PATH = re.compile(r"/(10\.[0-9]{4,9}/.+)", re.ASCII)
_PAGE_OF_DOI = re.compile(
    r"(?:/(?:abstract|full|fulltext|full-text|pdf|epdf|html|meta)|\.(?:full|abstract|pdf|short))+/?$"
)
_PREPRINT_VERSION = re.compile(r"(?<=\d)v[0-9]{1,2}$")  # in bioRxiv's and medRxiv's addresses
_PREPRINT_PREFIXES = ("10.1101/", "10.64898/")
_TRACKING = re.compile(r"(?:utm_\w+|rss|af|dgcid|fc|ff|v|source|ref|cmpid)=[^&#]*&?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """The fields of an entry; ``own_ids`` are its identifiers in the feed, the best first."""

    title: str
    abstract: str
    authors: tuple[str, ...]
    arxiv_id: str
    dois: tuple[str, ...]
    cited_dois: tuple[str, ...]  # in the citation line of the description
    pmid: str
    own_ids: tuple[str, ...]
    url: str
    published: str
    categories: tuple[str, ...]
    announce_type: str = field(default="new")

    @property
    def where(self) -> str:
        """The label of the entry when it is bad."""
        name = next(iter([*self.own_ids, self.url, self.title]), "") or self.title
        return f"entry {one_line(name)[:100] or 'without id'}"


def read_entry(entry: Entry, base: str) -> FeedRecord:
    """Return the fields of an entry; addresses in it start from ``base``."""
    title = read_title(entry)
    people = _people(entry)
    listed = people or title.authors
    texts = entry.texts(*_TEXTS) or entry.texts(*_MORE_TEXTS)
    announcement = next(filter(None, (ANNOUNCEMENT.match(text) for text in texts)), None)
    links = _links(entry, base)
    guids = entry.texts(*_GUIDS)
    names = [*entry.texts(*_DOI_FIELDS), *guids, *links, entry.attributes.get("rdf:about", "")]
    metadata = EntryMetadata(title.text, listed, tuple(dict.fromkeys(_dois(names))))
    description = read_descriptions(
        (ANNOUNCEMENT.sub("", text, count=1) for text in texts), metadata
    )
    number = next(filter(arxiv_id, [*names, title.arxiv_id]), "")
    announce_type = entry.first("arxiv:announce_type") or (
        announcement[1] if announcement else "new"
    )
    return FeedRecord(
        title=title.text,
        abstract=description.abstract,
        authors=listed or description.authors,
        arxiv_id=number,
        dois=metadata.dois,
        cited_dois=description.dois,
        pmid=next(filter(None, map(_pmid, names)), ""),
        own_ids=tuple(name for name in [*guids[:1], *links[:1]] if not is_placeholder(name)),
        url=next(iter(links), ""),
        published=first_utc(entry.texts(*_DATES, *_MORE_DATES)),
        categories=_categories(entry, title) if number else (),
        announce_type=one_line(announce_type).lower(),
    )


# --- authors and categories ------------------------------------------------------------------


def _people(entry: Entry) -> tuple[str, ...]:
    """Return the authors in the kind of element that has the most of them."""
    nested = {f.name.partition("/")[0] for f in entry.fields if "/" in f.name}
    families = [_names(entry.texts(name)) for name in _PEOPLE if name not in nested]
    return max(families, key=len)


def _names(texts: list[str]) -> tuple[str, ...]:
    """Return the names: one to an element, or all in one."""
    if len(texts) == 1:
        return split_authors(texts[0])
    names = (
        name
        for text in texts
        for name in (split_authors(text) if _is_list(text) else [author_name(text)])
    )
    return tuple(dict.fromkeys(filter(None, names)))


def _is_list(text: str) -> bool:
    return text.count(",") > 1 or any(mark in text for mark in (";", " and ", " & "))


def _categories(entry: Entry, title: EntryTitle) -> tuple[str, ...]:
    """Return arXiv's categories of its paper, the primary one first."""
    elements = [
        *entry.named("arxiv:primary_category"),
        *entry.named("category"),
        *entry.named("dc:subject"),
    ]
    pairs = ((field.attributes.get("term", ""), field.text) for field in elements)
    terms = [term for pair in pairs for term in pair]
    return arxiv_categories([title.category, *(code for term in terms for code in term.split())])


# --- identifiers and addresses ---------------------------------------------------------------


def _links(entry: Entry, base: str) -> list[str]:
    """Return the addresses of the entry, that of its page first."""
    fields = [*entry.named("feedburner:origlink"), *entry.named("link"), *entry.named("prism:url")]
    pages = sorted(fields, key=_is_alternate, reverse=True)
    addresses = [f.attributes.get("href", "").strip() or f.text.strip() for f in pages]
    guid = next(entry.named("guid"), None)
    if guid and guid.attributes.get("isPermaLink", "true").lower() != "false":
        addresses.append(guid.text.strip())
    origin = entry.attributes.get("xml:base", base)
    return [link for address in addresses if address and (link := _absolute(origin, address))]


def _is_alternate(link: Field) -> bool:
    return link.attributes.get("rel", "alternate") == "alternate"


def _absolute(base: str, address: str) -> str:
    try:
        return urljoin(base, one_line(address))
    except ValueError:
        return ""


def _dois(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        listed = dois(name) or tuple(filter(None, [doi_in_address(name)]))
        yield from (doi for doi in listed if not arxiv_id(doi))


def _pmid(name: str) -> str:
    return "" if name.isdecimal() else pubmed_key(name)


def doi_in_address(url: str) -> str:
    """Return the DOI in the path of a publisher's address (``/doi/full/10.1145/3.4``), or ""."""
    try:
        path = unquote(urlsplit(one_line(url)).path)
    except ValueError:
        return ""
    match = _DOI_IN_PATH.search(path)
    if not match:
        return ""
    name = _PAGE_OF_DOI.sub("", match[1])
    if name.startswith(_PREPRINT_PREFIXES):
        name = _PREPRINT_VERSION.sub("", name)
    return normal_doi(name.rstrip("/"))


def own_keys(name: str) -> tuple[str, ...]:
    """Return the hashes of a guid or address that keys are made of, the permanent one first.

    Its scheme, host's "www." and tracking parameters may change; the second hash is that of the
    name as it is written, which earlier versions used.
    """
    plain = _TRACKING.sub("", name.strip()).rstrip("?&#/")
    permanent = re.sub(r"\Ahttps?://(?:www\.)?", "https://", plain, flags=re.IGNORECASE)
    hashes = (
        hashlib.sha1(text.encode(errors="replace"), usedforsecurity=False).hexdigest()[:12]
        for text in (permanent, name.strip())
    )
    return tuple(dict.fromkeys(hashes))
