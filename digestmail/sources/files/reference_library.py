"""A subscriber's library: papers and feeds in a file of their reference manager or reader."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import islice

from digestmail.domain import Paper
from digestmail.errors import InputError
from digestmail.i18n import N_, Translatable
from digestmail.sources.files.opml import read_opml
from digestmail.sources.files.text_formats import records_of_text
from digestmail.sources.files.unreadable import KINDS, UnreadableFileError
from digestmail.sources.files.xml_formats import LocatedEntry, is_xml, records_of_xml, root_of
from digestmail.sources.normalise.identifiers import key_from_reference, pubmed_key
from digestmail.sources.normalise.paper import (
    Record,
    RecordError,
    names_with_title,
    paper_from_record,
    shared_names,
    without_shared_names,
)
from digestmail.text import one_line, readable, words

SOURCE = "library"  # of papers that have no other identifier than their title
MEGABYTE = 1_000_000
LARGEST = 5 * MEGABYTE  # bytes of a file: 2,000 entries with long abstracts have four
ENTRY_LIMIT = 2_000
FIELD = "library"
_NAME_LIMIT = 80  # characters of a file's name that are shown

_UNUSABLE = N_(
    "cannot read “%(name)s”. Choose a BibTeX, RIS, PubMed, EndNote, Web of Science, OPML or "
    "CSV file, a Zotero export, CSL JSON or a list of identifiers, up to %(most)s MB"
)


@dataclass(frozen=True, slots=True)
class ReferenceLibrary:
    """The contents of a file. Papers without a title are known by their identifier alone.

    ``problems`` has a line for each entry that was left out, with its place and the reason.
    """

    papers: tuple[Paper, ...] = ()
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing in it can be used."""
        return not (self.papers or self.categories or self.keywords)


def read_library(data: bytes, filename: str = "") -> ReferenceLibrary:
    """Return the usable contents of a file's ``data``; InputError("library") without any.

    The error names the file, its problem and the remedy.
    """
    try:
        library = _read(data, filename)
        if library.is_empty:
            why = library.problems[0] if library.problems else "it contains no papers or feeds"
            raise UnreadableFileError(f"nothing in it is usable: {why}")
    except UnreadableFileError as error:
        raise _refused(filename, str(error)) from None
    except (ValueError, RecursionError, KeyError, IndexError):  # of a parser of others
        raise _refused(filename, f"it cannot be read; use {KINDS}") from None
    return library


def _refused(filename: str, why: str) -> InputError:
    """Return the error of a file; its reason is in English only."""
    name = one_line(filename)[:_NAME_LIMIT]
    english = f"“{name}”: {why}" if name else f"the file: {why}"
    named = {"name": name or "…", "most": LARGEST // MEGABYTE}
    return InputError(FIELD, Translatable(_UNUSABLE, english=english, **named))


def _read(data: bytes, filename: str) -> ReferenceLibrary:
    if len(data) > LARGEST:
        size, limit = -(-len(data) // MEGABYTE), LARGEST // MEGABYTE
        raise UnreadableFileError(
            f"it has {size} MB; the limit is {limit} MB",
            "export it without notes and attachments, or export fewer papers",
        )
    if not data.strip():
        raise UnreadableFileError("it is empty", "export it again")
    if not is_xml(data):
        return _papers(records_of_text(data, filename))
    root = root_of(data)
    if root.tag.lower() == "opml":
        interests = read_opml(root)
        return ReferenceLibrary((), interests.categories, interests.keywords, interests.problems)
    return _papers(records_of_xml(root))


def _papers(entries: Iterable[LocatedEntry]) -> ReferenceLibrary:
    papers: dict[str, Paper] = {}
    problems: list[str] = []
    located = iter(entries)
    first = list(islice(located, ENTRY_LIMIT))
    shared = shared_names(pair for _, record in first for pair in names_with_title(record))
    for where, record in first:
        try:
            paper = _paper(record, shared)
            papers.setdefault(paper.key, paper)
        except (RecordError, InputError) as error:
            problems.append(f"{where}: {getattr(error, 'message', error)}")
    if next(located, None) is not None:
        problems.append(f"only the first {ENTRY_LIMIT:,} entries are read")
    return ReferenceLibrary(tuple(papers.values()), problems=tuple(problems))


def _paper(record: Record | Paper | str, shared: Collection[str]) -> Paper:
    """Return the paper of a record; of one without title its identifier is enough."""
    if isinstance(record, str):
        raise RecordError(record)
    if isinstance(record, Paper):
        return replace(record, source=SOURCE)
    if str(record.get("title") or "").strip():
        paper = paper_from_record(without_shared_names(record, shared), source=SOURCE)
        if paper.key.startswith(f"{SOURCE}:") and not words(readable(paper.title)):
            raise RecordError("it has no identifier, and its title has no letters or digits")
        return paper
    names = [str(record.get(name) or "") for name in ("arxiv_id", "doi", "url")]
    for name in [*names, pubmed_key(record.get("pmid"))]:
        try:
            return Paper(key=key_from_reference(name), title="", source=SOURCE)
        except InputError:
            continue
    raise RecordError("it has no title")
