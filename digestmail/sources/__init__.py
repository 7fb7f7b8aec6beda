"""Where papers come from. ``KINDS`` lists the sources; each is a ``domain.Source``."""

from digestmail.sources.arxiv import ArxivSource
from digestmail.sources.clean import clean
from digestmail.sources.feed import FeedSource
from digestmail.sources.file import FileSource
from digestmail.sources.folder import FolderSource
from digestmail.sources.http import Response, WebClient
from digestmail.sources.keys import arxiv_id, canonical_key, doi, key_from_reference
from digestmail.sources.kinds import KINDS, Kind, Surroundings, build, check
from digestmail.sources.records import RecordError, paper_from_record

__all__ = [
    "KINDS",
    "ArxivSource",
    "FeedSource",
    "FileSource",
    "FolderSource",
    "Kind",
    "RecordError",
    "Response",
    "Surroundings",
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
