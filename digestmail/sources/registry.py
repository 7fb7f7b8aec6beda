"""The kinds of sources there are: what each is told, whether that is right, how it is built.

To add a kind: write a class with ``fetch`` (see the Source seam) in a module of its own, a
function here that builds it from a Setup, and its line in KINDS.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from digestmail.domain import BadRecord, Clock, Paper, Source, SourceMemory, SourceSpec
from digestmail.errors import InputError
from digestmail.sources.arxiv.feed import Wanted
from digestmail.sources.arxiv.oai import BASE_URL as OAI_URL
from digestmail.sources.arxiv.oai import OaiHarvester
from digestmail.sources.arxiv.reconcile import primary
from digestmail.sources.arxiv.source import BASE_URL, ArxivSource
from digestmail.sources.arxiv.taxonomy import checked_spelling, expand, feed_names, oai_sets
from digestmail.sources.feeds.source import FeedSource
from digestmail.sources.files.file import READERS, FileSource, listed_kinds
from digestmail.sources.files.folder import FolderSource
from digestmail.sources.http.client import WebClient
from digestmail.sources.options import (
    Options,
    address,
    choice,
    email,
    is_yes,
    listed,
    number,
    optional,
    required,
)
from digestmail.sources.services import biorxiv, huggingface, openalex, pubmed, semantic_scholar
from digestmail.sources.services.json_api import check_api_key

SECRETS = frozenset({"api_key"})  # options whose values nobody is shown

# Seconds to wait for a busy OAI-PMH server: another fetch comes soon, another backfill does not.
_PATIENCE = 60.0
_BACKFILL_PATIENCE = 900.0
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """What all sources of an installation share.

    ``public_web`` refuses private addresses. A relative path is taken from ``folder``.
    ``expected`` tells the day (as in ``Paper.announced_on``) of arXiv's latest announcement that
    should be out by now.
    """

    web: WebClient
    public_web: WebClient
    folder: Path
    clock: Clock
    expected: Callable[[], date]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a source is built from."""

    name: str
    options: Options
    around: SourceContext
    memory: SourceMemory

    @property
    def web(self) -> WebClient:
        """For addresses that are known beforehand."""
        return self.around.web

    def today(self) -> date:
        """The date in UTC."""
        return self.around.clock().date()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of source; ``options`` maps each option's name to one line about it."""

    summary: str
    options: Mapping[str, str]
    check: Callable[[Options], object] = field(repr=False)
    build: Callable[[Setup], Source] = field(repr=False)


def check(spec: SourceSpec) -> None:
    """Raise InputError where the source could not be built, or would certainly find nothing.

    Looks at the words only: touches neither network nor files.
    """
    if not _NAME.fullmatch(spec.name):
        raise InputError("name", f"“{spec.name}”: use lower-case letters, digits, “-”, “_” and “.”")
    kind = KINDS.get(spec.kind)
    if kind is None:
        raise InputError("kind", f"there is no kind “{spec.kind}”; there are {', '.join(KINDS)}")
    for option in spec.options:
        if option not in kind.options:
            known = ", ".join(kind.options)
            raise InputError(option, f"not an option of kind “{spec.kind}”, which has {known}")
    kind.check(spec.options)


def build(spec: SourceSpec, around: SourceContext, memory: SourceMemory) -> Source:
    """The source of ``spec``, which goes on from ``memory`` and changes it. Raises InputError."""
    check(spec)
    return KINDS[spec.kind].build(Setup(spec.name, spec.options, around, memory))


# --- files -----------------------------------------------------------------------------------


def _check_file(options: Options) -> None:
    path = required(options, "path")
    if not path.isprintable() or Path(path).suffix.lower() not in READERS:
        raise InputError("path", f"{path!r} must be a file of kind {listed_kinds()}")


def _file(setup: Setup) -> Source:
    return FileSource(setup.around.folder / required(setup.options, "path"), setup.name)


def _folder(setup: Setup) -> Source:
    return FolderSource(setup.around.folder / required(setup.options, "path"), setup.name)


# --- arXiv and feeds -------------------------------------------------------------------------


def _check_arxiv(options: Options) -> None:
    _arxiv_categories(options)
    is_yes(options, "cross", default=True)
    is_yes(options, "replacements", default=False)
    address(options, "url", BASE_URL)
    address(options, "oai_url", OAI_URL)


def _arxiv_categories(options: Options) -> tuple[str, ...]:
    given = required(options, "categories").replace(",", " ").split()
    return tuple(dict.fromkeys(map(checked_spelling, given)))


def _arxiv(setup: Setup) -> Source:
    categories = _arxiv_categories(setup.options)
    base_url = address(setup.options, "url", BASE_URL)
    return ArxivSource(
        f"{base_url.rstrip('/')}/{'+'.join(feed_names(categories))}",
        setup.web,
        _harvester(setup.name, setup.options, setup.web, _PATIENCE),
        setup.name,
        primaries=frozenset(expand(categories)),
        wanted=Wanted(
            is_yes(setup.options, "cross", default=True),
            is_yes(setup.options, "replacements", default=False),
        ),
        memory=setup.memory,
        clock=setup.around.clock,
        expected=setup.around.expected,
    )


def _harvester(name: str, options: Options, web: WebClient, patience: float) -> OaiHarvester:
    sets = oai_sets(_arxiv_categories(options))
    url = address(options, "oai_url", OAI_URL)
    return OaiHarvester(web, url, sets, source=name, patience=patience, sleep=web.sleep)


FetchDay = Callable[[date], Iterator[Paper | BadRecord]]


def past_days(spec: SourceSpec, web: WebClient) -> FetchDay:
    """What reads a past day of an arXiv source. InputError for a source of another kind."""
    if spec.kind != "arxiv":
        raise InputError(
            "since", f"{spec.name} is no arXiv source, and only these can be read back"
        )
    past = _harvester(spec.name, spec.options, web, _BACKFILL_PATIENCE)
    crossed = is_yes(spec.options, "cross", default=True)
    ours = frozenset(expand(_arxiv_categories(spec.options)))

    def fetch(day: date) -> Iterator[Paper | BadRecord]:
        for record in past.fetch_between(day, day):
            if crossed or isinstance(record, BadRecord) or primary(record) in ours:
                yield record

    return fetch


def _check_feed(options: Options) -> None:
    address(options)
    is_yes(options, "private", default=False)


def _feed(setup: Setup) -> Source:
    is_private = is_yes(setup.options, "private", default=False)
    web = setup.web if is_private else setup.around.public_web
    return FeedSource(address(setup.options), web, setup.name, setup.memory)


# --- interfaces of others --------------------------------------------------------------------


def _check_huggingface(options: Options) -> None:
    _repoll_days(options)
    address(options, "url", huggingface.BASE_URL)


def _repoll_days(options: Options) -> int:
    return number(options, "repoll_days", default=3, least=1, most=30)


def _huggingface(setup: Setup) -> Source:
    url = address(setup.options, "url", huggingface.BASE_URL)
    days = _repoll_days(setup.options)
    return huggingface.HuggingFaceSource(
        setup.web, setup.name, url, today=setup.today, repoll_days=days
    )


def _check_biorxiv(options: Options) -> None:
    choice(options, "server", tuple(biorxiv.SERVERS))
    address(options, "url", biorxiv.BASE_URL)


def _biorxiv(setup: Setup) -> Source:
    return biorxiv.BiorxivSource(
        choice(setup.options, "server", tuple(biorxiv.SERVERS)),
        setup.web,
        setup.name,
        address(setup.options, "url", biorxiv.BASE_URL),
        today=setup.today,
        categories=listed(setup.options, "categories"),
    )


def _check_pubmed(options: Options) -> None:
    required(options, "query")
    _contact(options)
    address(options, "url", pubmed.BASE_URL)


def _contact(options: Options) -> tuple[str, str]:
    key = optional(options, "api_key")
    return email(options), check_api_key(key) if key else ""


def _pubmed(setup: Setup) -> Source:
    contact, key = _contact(setup.options)
    return pubmed.PubmedSource(
        required(setup.options, "query"),
        setup.web,
        setup.name,
        address(setup.options, "url", pubmed.BASE_URL),
        today=setup.today,
        email=contact,
        api_key=key,
    )


def _check_openalex(options: Options) -> None:
    if not openalex.concept_ids(optional(options, "concepts")):
        required(options, "search")
    _contact(options)
    address(options, "url", openalex.BASE_URL)


def _openalex(setup: Setup) -> Source:
    contact, key = _contact(setup.options)
    return openalex.OpenalexSource(
        setup.web,
        setup.name,
        address(setup.options, "url", openalex.BASE_URL),
        today=setup.today,
        search=optional(setup.options, "search"),
        concepts=openalex.concept_ids(optional(setup.options, "concepts")),
        email=contact,
        api_key=key,
    )


def _check_semantic_scholar(options: Options) -> None:
    required(options, "query")
    _contact(options)
    address(options, "url", semantic_scholar.BASE_URL)


def _semantic_scholar(setup: Setup) -> Source:
    return semantic_scholar.SemanticScholarSource(
        required(setup.options, "query"),
        setup.web,
        setup.name,
        address(setup.options, "url", semantic_scholar.BASE_URL),
        today=setup.today,
        api_key=_contact(setup.options)[1],
    )


def _elsewhere(default: str) -> dict[str, str]:
    return {"url": f"where the interface is (default {default})"}


KINDS: Mapping[str, Kind] = {
    "arxiv": Kind(
        "arXiv's daily announcements, from its feed and OAI-PMH",
        {
            "categories": "arXiv categories or whole archives, separated by commas: cs.AI, stat",
            "cross": "whether papers cross-listed to these categories count: yes (default) or no",
            "replacements": "whether new versions of older papers count: yes or no (default)",
            "url": f"where the Atom feeds are (default {BASE_URL})",
            "oai_url": f"where OAI-PMH answers, which has what the feed lacks (default {OAI_URL})",
        },
        _check_arxiv,
        _arxiv,
    ),
    "huggingface": Kind(
        "Hugging Face Daily Papers, with upvotes",
        {"repoll_days": "how many past days are asked again, since upvotes rise (default 3)"}
        | _elsewhere(huggingface.BASE_URL),
        _check_huggingface,
        _huggingface,
    ),
    "biorxiv": Kind(
        "preprints of bioRxiv or medRxiv",
        {
            "server": "biorxiv (default) or medrxiv",
            "categories": "only these, separated by commas: cell biology, genetics (default all)",
        }
        | _elsewhere(biorxiv.BASE_URL),
        _check_biorxiv,
        _biorxiv,
    ),
    "pubmed": Kind(
        "what a PubMed query finds among new citations",
        {
            "query": "in PubMed's own syntax: malaria[ti] AND vaccine",
            "api_key": "NCBI key (optional)",
            "email": "whom NCBI may write to",
        }
        | _elsewhere(pubmed.BASE_URL),
        _check_pubmed,
        _pubmed,
    ),
    "openalex": Kind(
        "works of all publishers, by words or concepts",
        {
            "search": "words to find",
            "concepts": "ids of concepts (C…) or topics (T…), separated by commas",
            "api_key": "OpenAlex key; without it few requests a day",
            "email": "whom OpenAlex may write to",
        }
        | _elsewhere(openalex.BASE_URL),
        _check_openalex,
        _openalex,
    ),
    "semantic_scholar": Kind(
        "what a Semantic Scholar query finds",
        {
            "query": 'bulk-search syntax: +teapot | "tea pot" -coffee',
            "api_key": "key; without it most requests are refused",
        }
        | _elsewhere(semantic_scholar.BASE_URL),
        _check_semantic_scholar,
        _semantic_scholar,
    ),
    "feed": Kind(
        "any RSS or Atom feed: a journal, a conference, a blog",
        {
            "url": "the feed's address",
            "private": "whether the address may lie in a private network: yes or no (default)",
        },
        _check_feed,
        _feed,
    ),
    "file": Kind(
        "a file of records, read anew at each fetch",
        {"path": f"the file, one of {listed_kinds()}"},
        _check_file,
        _file,
    ),
    "folder": Kind(
        "a folder of such files; those new or changed are read",
        {"path": "the folder"},
        lambda options: required(options, "path"),
        _folder,
    ),
}
