"""A folder of files as a source: exports, saved listings, tables."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digestmail.domain import BadRecord, Paper, Source
from digestmail.errors import SourceError
from digestmail.sources import options
from digestmail.sources.files.file import READERS, FileSource
from digestmail.sources.kind import Kind, Setup

# Files that came while the last fetch ran, or under a clock of another machine, are read again.
_OVERLAP = timedelta(days=1)


class FolderSource:
    """The records of a folder's files, of each file anew when it appeared or changed.

    Files of the kinds that FileSource knows are read, in the order of their names; not those in
    folders below, hidden ones, nor the files that editors and office programs put beside an open
    one (``~$a.csv``, ``#a.csv#``).
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name

    def fetch(self, since: datetime | None) -> Iterator[Paper | BadRecord]:
        """Yield the papers of files new or changed after ``since`` (aware); all for None.

        A file that cannot be read is one BadRecord. Raises SourceError where the folder itself
        cannot be read.
        """
        for path in self._files():
            try:
                if since is None or _changed_at(path) > since - _OVERLAP:
                    yield from self._read(path)
            except OSError as error:
                yield BadRecord(path.name, error.strerror or str(error))
            except SourceError as error:
                yield BadRecord(path.name, str(error).removeprefix(f"{path}: "))

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self._path.iterdir() if _is_readable(path))
        except OSError as error:
            raise SourceError(f"{self._path}: {error.strerror or error}") from error

    def _read(self, path: Path) -> Iterator[Paper | BadRecord]:
        for result in FileSource(path, self._name).fetch(None):
            if isinstance(result, BadRecord):
                yield BadRecord(f"{path.name}, {result.where}", result.problem)
            else:
                yield result


def _is_readable(path: Path) -> bool:
    if path.name.startswith((".", "~", "#")) or path.suffix.lower() not in READERS:
        return False
    return not path.is_dir()


def _changed_at(path: Path) -> datetime:
    """Return when the file was changed or moved in, which keeps its time of modification."""
    status = path.stat()
    return datetime.fromtimestamp(max(status.st_mtime, status.st_ctime), UTC)


# --- the kind --------------------------------------------------------------------------------


def _build(setup: Setup) -> Source:
    path = setup.context.folder / options.required(setup.options, "path")
    return FolderSource(path, setup.name)


KIND = Kind(
    name="folder",
    summary="a folder of such files; new and changed ones are read",
    options={"path": "the folder"},
    check=lambda values: options.required(values, "path"),
    build=_build,
    path="folder",
)
