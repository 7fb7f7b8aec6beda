"""A library that its owner exports to a public address: BibTeX, RIS, CSL JSON and the like.

Paperpile, Mendeley, Overleaf and many home pages offer one. The whole export is read each time it
changed.
"""

import hashlib
import json
from urllib.parse import urlsplit

from digestmail.domain import LibraryChanges, LibraryCollection, LibraryItem
from digestmail.errors import InputError, SourceError
from digestmail.sources.files.reference_library import read_library
from digestmail.sources.http.client import Validators, WebClient
from digestmail.text import one_line


class ExportLibrary:
    """The export at ``url``; ``web`` should refuse private addresses, as strangers choose them."""

    def __init__(self, web: WebClient, url: str) -> None:
        self._web = web
        self._url = url

    def collections(self) -> list[LibraryCollection]:
        """Return none: an export has no collections."""
        return []

    def changes(self, since: str = "") -> LibraryChanges:
        """Return the whole export if it changed since a version; see OnlineLibrary."""
        earlier = _version(since)
        known = Validators(earlier.get("etag", ""), earlier.get("last_modified", ""))
        response = self._web.get(self._url, validators=known)
        digest = hashlib.sha256(response.content).hexdigest()
        if since and (response.status == 304 or digest == earlier.get("sha256")):
            return LibraryChanges(version=since)
        try:
            library = read_library(response.content, self._filename)
        except InputError as error:
            raise SourceError(one_line(str(error.message))) from error
        validators = response.validators
        version = {
            "etag": validators.etag,
            "last_modified": validators.last_modified,
            "sha256": digest,
        }
        return LibraryChanges(
            version=json.dumps(version),
            items=tuple(LibraryItem(paper.key, paper) for paper in library.papers),
            is_whole=True,
            problems=library.problems,
        )

    @property
    def _filename(self) -> str:
        return urlsplit(self._url).path.rpartition("/")[2] or urlsplit(self._url).netloc


def _version(text: str) -> dict[str, str]:
    """Return the validators and checksum of an earlier version; none of anything else."""
    try:
        values = json.loads(text) if text else {}
    except ValueError:
        return {}
    is_object = isinstance(values, dict)
    return {k: v for k, v in values.items() if isinstance(v, str)} if is_object else {}
