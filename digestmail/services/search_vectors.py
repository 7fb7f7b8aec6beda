"""The vectors that searches by meaning compare: those of the store, in memory once per machine."""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digestmail.domain import Paper
from digestmail.errors import ConfigError
from digestmail.store import Store

if TYPE_CHECKING:
    from digestmail.relevance import Embedder
    from digestmail.search import VectorFile
    from digestmail.search.index import Similarity

log = logging.getLogger(__name__)

_ROWS = 300_000  # more than there are papers in the index
_MOST_TEXTS = 4  # of a search that are embedded one by one: 5 ms each
_AT_ONCE = 1_000  # papers whose vectors are read together


def vector_folder(store: Store, fallback: Path) -> Path:
    """Return the folder of the database's file; ``fallback`` where the database is a server."""
    path = store.database.path
    return path.parent if path is not None and path.is_file() else fallback


class SearchVectors:
    """Follows the embeddings of papers. One thread may follow while others search.

    Papers are embedded elsewhere, see ``steps.daily.embed``. Of all processes on a machine one at
    a time writes the file; the others read it.
    """

    def __init__(
        self,
        store: Store,
        embedder: "Callable[[], Embedder | None]",
        folder: Path,
        rows: int = _ROWS,
    ) -> None:
        self._store = store
        self._make_embedder = embedder
        self._folder = folder
        self._number_of_rows = rows
        self._lock = threading.Lock()
        self._is_open = False
        self._embedder: Embedder | None = None
        self._file: VectorFile | None = None
        self._missing: set[int] = set()
        self.changes = 0  # of the file by this process

    def _open(self) -> None:
        with self._lock:
            if self._is_open:
                return
            from digestmail.search import VectorFile

            try:
                self._embedder = self._make_embedder()
            except ConfigError as error:
                log.warning("%s; papers are searched by words only", error)
            if self._embedder is not None:
                name, kind = self._store.database.name, self._embedder.kind
                rows, size = self._number_of_rows, self._embedder.size
                self._file = VectorFile(self._folder, name, kind, size, rows)
            self._is_open = True

    def read(self, papers: Sequence[Paper]) -> None:
        """Take in the stored vectors of papers, and remember those that have none yet."""
        from digestmail.relevance import Features

        self._open()
        if self._embedder is None or self._file is None or not self._file.is_writer:
            return
        stored = self._embedder.stored(papers, Features(self._store.papers.features))
        vectors = np.zeros((len(papers), self._embedder.size), dtype=np.float32)
        for at, paper in enumerate(papers):  # what has no vector now may have had one before
            vectors[at] = stored.get(paper.stored_id, 0)
        self._file.put([paper.stored_id for paper in papers], vectors)
        self.changes += bool(stored)
        self._missing |= {paper.id for paper in papers if paper.id}
        self._missing -= stored.keys()

    def catch_up(self) -> None:
        """Take in the vectors of papers that were embedded since, as it is done: newest first."""
        ids = sorted(self._missing, reverse=True)
        for start in range(0, len(ids), _AT_ONCE):
            before = len(self._missing)
            self.read(list(self._store.papers.by_ids(ids[start : start + _AT_ONCE]).values()))
            if len(self._missing) == before:
                return

    def similarity(self, texts: Sequence[str]) -> "Similarity | None":
        """Return what measures papers by the nearest of some texts; None without a model.

        Many texts are taken as one, for a visitor waits for each to be embedded.
        """
        embedder, file = self._embedder, self._file
        if embedder is None or file is None or not texts:
            return None
        vectors = embedder.texts(texts if len(texts) <= _MOST_TEXTS else [", ".join(texts)])
        return lambda ids: file.cosines(ids, vectors)

    def similarity_to(self, paper: Paper) -> "Similarity | None":
        """Return what measures papers by a stored one; None if it is not embedded."""
        from digestmail.relevance import Features

        embedder, file = self._embedder, self._file
        if embedder is None or file is None:
            return None
        stored = embedder.stored([paper], Features(self._store.papers.features))
        vectors = np.array(list(stored.values()))
        return (lambda ids: file.cosines(ids, vectors)) if stored else None

    def close(self) -> None:
        """Let another process follow the embeddings."""
        if self._file is not None:
            self._file.close()
