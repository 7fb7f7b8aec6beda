"""A record of arXiv's OAI-PMH service, in the format ``arXiv``, made a Paper.

Of ``acm-class`` and ``msc-class`` nothing is read: arXiv prints the latter under both names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from xml.etree.ElementTree import Element

from digestmail.domain import BadRecord, Paper
from digestmail.sources.arxiv.xml import children, dois, texts, with_dois
from digestmail.sources.normalise.dates import utc
from digestmail.sources.normalise.identifiers import arxiv_id
from digestmail.sources.normalise.paper import RecordError, paper_from_record
from digestmail.text import one_line

_LONGEST_HOLD = timedelta(days=14)  # from submission to announcement, nearly always
_LATER_VERSION = 2
_NEW_STYLE_ID = re.compile(r"arxiv:([0-9]{2})([0-9]{2})\.")
_WITHDRAWN = re.compile(
    r"\s*(?:arxiv admin note:\s)?(?:(?:this|the)\s)?(?:arxiv\s)?"
    r"(?:paper|article|submission|manuscript|preprint|work|version)\s"
    r"(?:(?:has been|is|was)\s)?(?:temporarily\s)?withdrawn\b(?!\sfrom\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class OaiRecord:
    """The fields of a record; ``datestamp`` is the UTC day on which it last changed."""

    identifier: str
    datestamp: date | None
    is_deleted: bool
    fields: Mapping[str, str]  # the metadata; empty where there are none in the format arXiv
    authors: tuple[str, ...]

    @property
    def is_gone(self) -> bool:
        """Return whether there is nothing left to read: the record is deleted or the paper
        withdrawn.

        The format has no field for the latter; the comments begin with it, or the abstract.
        """
        words = (self.fields.get(name, "") for name in ("comments", "abstract"))
        return self.is_deleted or any(map(_WITHDRAWN.match, words))


def parse_record(record: Element) -> OaiRecord:
    """Return the fields of a ``record`` element; those that are missing are empty."""
    elements = children(record)
    header = elements.get("header")
    head = texts(header)
    stamp = utc(head.get("datestamp"))
    metadata = children(children(elements.get("metadata")).get("arXiv"))
    authors = metadata.pop("authors", None)
    return OaiRecord(
        identifier=one_line(head.get("identifier", "")),
        datestamp=stamp.date() if stamp else None,
        is_deleted=header is not None and header.get("status") == "deleted",
        fields={name: "".join(element.itertext()) for name, element in metadata.items()},
        authors=() if authors is None else tuple(map(_author, authors)),
    )


def _author(author: Element) -> str:
    names = texts(author)
    return " ".join(names.get(name, "") for name in ("forenames", "keyname", "suffix")).strip()


# --- a paper ---------------------------------------------------------------------------------


def read_record(record: OaiRecord, source: str) -> Paper | BadRecord:
    """Return the Paper of a record that is not gone, or why there is none."""
    where = f"record {record.identifier[:100] or 'without identifier'}"
    if not record.fields:
        return BadRecord(where, "it has no metadata in the format arXiv")
    names = (one_line(record.fields.get("id", "")), record.identifier)
    name = next(filter(arxiv_id, names), "")
    if not name:
        return BadRecord(where, "it has no arXiv id")
    try:
        paper = paper_from_record(_values(record, name), source=source)
    except RecordError as error:
        return BadRecord(where, str(error))
    paper = _versioned(with_dois(paper, dois(record.fields.get("doi", ""))))
    if record.datestamp and is_new(paper, record.datestamp):
        return replace(paper, announced_on=record.datestamp)
    return paper


def is_new(paper: Paper, announced_on: date) -> bool:
    """Return whether a record that changed on ``announced_on`` is of a paper announced that day.

    It does so when its first version was submitted in the two weeks before. An older one was
    edited in bulk, got its DOI, or was held very long: only the first sight distinguishes these.
    ``announced_on`` is the day as the feed has it, that of the morning after in New York. It is
    also the datestamp, since the announcement's evening there ends after midnight in UTC.
    """
    if paper.version > 1 or paper.updated_at or not paper.published_at:
        return False
    return timedelta(0) <= announced_on - paper.published_at.date() <= _LONGEST_HOLD


def _values(record: OaiRecord, name: str) -> dict[str, object]:
    return {
        "id": name,
        "title": record.fields.get("title"),
        "abstract": record.fields.get("abstract"),
        "authors": record.authors,
        "categories": record.fields.get("categories"),
        "published": record.fields.get("created"),
        "updated": record.fields.get("updated"),
    }


def _versioned(paper: Paper) -> Paper:
    """Return the paper as version 1, or as 2 where there is a later one of unknown number.

    The format does not number versions. A later one has ``updated``; or else ``created`` is its
    own date, which then lies after the month in which the identifier was assigned: an identifier
    is never older than the first submission.
    """
    later = paper.updated_at or _was_announced_before(paper)
    return replace(paper, version=_LATER_VERSION) if later else paper


def _was_announced_before(paper: Paper) -> bool:
    month = _NEW_STYLE_ID.match(paper.key)
    if not month or not paper.published_at:
        return False
    assigned = (2000 + int(month[1]), int(month[2]))
    return assigned < (paper.published_at.year, paper.published_at.month)
