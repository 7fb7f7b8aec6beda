"""The registry of source kinds: a new kind is a module of its own and one line here."""

import re
from collections.abc import Iterable, Mapping

from digestmail.domain import Source, SourceMemory, SourceSpec
from digestmail.errors import InputError
from digestmail.sources.arxiv import source as arxiv
from digestmail.sources.feeds import source as feed
from digestmail.sources.files import file, folder
from digestmail.sources.kind import Kind, PastDays, Setup, SourceContext
from digestmail.sources.normalise.identifiers import is_own_key
from digestmail.sources.services import (
    biorxiv,
    crossref,
    dblp,
    europe_pmc,
    hal,
    huggingface,
    openalex,
    openreview,
    pubmed,
    semantic_scholar,
)

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_SHARED_PREFIXES = ("arxiv", "doi")  # keys whose spelling ``identifiers`` unifies


def kind_table(kinds: Iterable[Kind]) -> dict[str, Kind]:
    """Return the kinds by name; ValueError where two share a name or a key prefix.

    Also where a prefix would not be recognised in a key.
    """
    table: dict[str, Kind] = {}
    prefixes: dict[str, str] = {}
    for kind in kinds:
        if kind.name in table:
            raise ValueError(f"two kinds of source are called {kind.name!r}")
        prefix = kind.key_prefix
        if prefix in prefixes:
            raise ValueError(f"{prefixes[prefix]!r} and {kind.name!r} share the prefix {prefix!r}")
        if prefix and prefix not in _SHARED_PREFIXES and not is_own_key(f"{prefix}:1"):
            raise ValueError(f"{kind.name!r}: a key cannot start with {prefix!r}")
        table[kind.name] = kind
        if prefix:
            prefixes[prefix] = kind.name
    return table


KINDS: Mapping[str, Kind] = kind_table(
    [
        arxiv.KIND,
        huggingface.KIND,
        biorxiv.KIND,
        pubmed.KIND,
        openalex.KIND,
        semantic_scholar.KIND,
        crossref.KIND,
        europe_pmc.KIND,
        hal.KIND,
        dblp.KIND,
        openreview.KIND,
        feed.KIND,
        file.KIND,
        folder.KIND,
    ]
)
SECRETS = frozenset().union(*(kind.secrets for kind in KINDS.values()))


def check(spec: SourceSpec) -> None:
    """Raise InputError where the source could not be built, or would certainly find nothing.

    Looks at the words only: touches neither network nor files.
    """
    if not _NAME.fullmatch(spec.name):
        raise InputError("name", f"“{spec.name}”: use lower-case letters, digits, “-”, “_” and “.”")
    kind = KINDS.get(spec.kind)
    if kind is None:
        raise InputError(
            "kind", f"“{spec.kind}” is not a kind of source. Choose from {', '.join(KINDS)}"
        )
    for option in spec.options:
        if option not in kind.options:
            known = ", ".join(kind.options)
            raise InputError(option, f"not an option of kind “{spec.kind}”, which has {known}")
    kind.check(spec.options)


def build(spec: SourceSpec, context: SourceContext, memory: SourceMemory) -> Source:
    """Build the source of ``spec``, which goes on from ``memory`` and changes it.

    Raises InputError as ``check`` does.
    """
    check(spec)
    return KINDS[spec.kind].build(Setup(spec.name, spec.options, context, memory))


def past_days(spec: SourceSpec, context: SourceContext, memory: SourceMemory) -> PastDays:
    """Return the reader of single past days of a source; InputError where its kind has none."""
    check(spec)
    read_past = KINDS[spec.kind].past_days
    if read_past is None:
        readable = ", ".join(kind.name for kind in KINDS.values() if kind.past_days)
        problem = f"kind {spec.kind} cannot list past days; these can: {readable}"
        raise InputError("since", f"“{spec.name}”: {problem}")
    return read_past(Setup(spec.name, spec.options, context, memory))
