"""Where papers come from. ``KINDS`` lists the sources; each is a ``domain.Source``."""

from digestmail.sources.arxiv.source import ArxivSource
from digestmail.sources.feeds.source import FeedSource
from digestmail.sources.files.file import FileSource
from digestmail.sources.files.folder import FolderSource
from digestmail.sources.http.client import Response, WebClient
from digestmail.sources.kind import Kind, SourceContext
from digestmail.sources.normalise.clean import clean
from digestmail.sources.normalise.identifiers import (
    arxiv_id,
    canonical_key,
    doi,
    key_from_reference,
)
from digestmail.sources.normalise.paper import RecordError, paper_from_record
from digestmail.sources.registry import KINDS, build, check

__all__ = [
    "KINDS",
    "ArxivSource",
    "FeedSource",
    "FileSource",
    "FolderSource",
    "Kind",
    "RecordError",
    "Response",
    "SourceContext",
    "WebClient",
    "arxiv_id",
    "build",
    "canonical_key",
    "check",
    "clean",
    "doi",
    "key_from_reference",
    "paper_from_record",
]
