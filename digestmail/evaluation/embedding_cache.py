"""Embeddings of benchmark papers and texts, kept in memory and, for repeated runs, in a file."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from digestmail.domain import Paper
from digestmail.errors import InputError
from digestmail.relevance import Embedder, Features
from digestmail.relevance.features.embeddings import embedded_text

_FILE = "embeddings.sqlite"
_PATIENCE = 60.0  # seconds to wait for another run that writes to the same file
_SELECT = (
    "SELECT embedding.name, vector FROM json_each(?) AS names"
    " JOIN embedding ON embedding.name = names.value AND kind = ?"
)
_TABLE = (
    "CREATE TABLE IF NOT EXISTS embedding (kind TEXT, name TEXT, vector BLOB,"
    " PRIMARY KEY (kind, name)) WITHOUT ROWID"
)


class EmbeddingCache:
    """Vectors of one sentence model by the hash of their text; several runs may share a file."""

    def __init__(self, embedder: Embedder, folder: Path | None) -> None:
        """Raise InputError where the folder cannot hold a cache."""
        self._kind = embedder.kind
        self._path = folder / _FILE if folder else None
        self._vectors: dict[str, bytes] = {}
        if self._path and not self._path.parent.is_dir():
            raise InputError("--embeddings", f"{folder} is not a folder; create it first")
        with self._database() as database:
            database.execute(_TABLE)

    def features(self, papers: Sequence[Paper]) -> Features:
        """Return the features of papers whose ids are their numbers, embeddings kept here."""
        names = {paper.id: _name(paper) for paper in papers if paper.id}
        self._read(names.values())

        def load(kind: str, ids: Collection[int]) -> Mapping[int, bytes]:
            if kind != self._kind:
                return {}
            return {i: self._vectors[names[i]] for i in ids if names.get(i) in self._vectors}

        def keep(kind: str, vectors: Mapping[int, bytes]) -> None:
            if kind == self._kind:
                self._write({names[i]: vector for i, vector in vectors.items()})

        return Features(load, keep, self._load_texts, self._keep_texts)

    def _load_texts(self, _: str, names: Collection[str]) -> Mapping[str, bytes]:
        self._read(names)
        return {name: self._vectors[name] for name in names if name in self._vectors}

    def _keep_texts(self, _: str, vectors: Mapping[str, bytes]) -> None:
        self._write(vectors)

    def _read(self, names: Iterable[str]) -> None:
        missing = [name for name in dict.fromkeys(names) if name not in self._vectors]
        if missing:
            with self._database() as database:
                parameters = (json.dumps(missing), self._kind)
                self._vectors.update(database.execute(_SELECT, parameters))

    def _write(self, vectors: Mapping[str, bytes]) -> None:
        self._vectors.update(vectors)
        if vectors and self._path:
            rows = [(self._kind, name, vector) for name, vector in vectors.items()]
            with self._database() as database:
                database.executemany("INSERT OR REPLACE INTO embedding VALUES (?, ?, ?)", rows)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Open the file, or an empty database where there is none, and commit at the end."""
        try:
            database = sqlite3.connect(self._path or ":memory:", timeout=_PATIENCE)
            try:
                if not self._path:
                    database.execute(_TABLE)
                with database:
                    yield database
            finally:
                database.close()
        except sqlite3.Error as error:
            raise InputError("--embeddings", f"cannot use {self._path}: {error}") from None


def _name(paper: Paper) -> str:
    text = f"paper\0{embedded_text(paper)}"  # a typed text's vector has no stamp before it
    return sha256(text.encode(errors="replace")).hexdigest()[:32]
