"""The meaning of papers in one file that all processes of a machine map into memory.

A row is a vector in signed bytes and the number to multiply them by. A paper's row follows from its
id, and rows are reused in turn, so that the file never grows. The store holds the vectors
themselves: what is written here twice, or by two processes at once, is the same.
"""

import fcntl
import hashlib
import logging
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digestmail.relevance.features.arrays import Dense

log = logging.getLogger(__name__)

Numbers = NDArray[np.int64]
_SCALE = 4  # bytes
_AT_ONCE = 1_024  # rows: they fit into a core's cache


class VectorFile:
    """The vectors of the last papers of a store. Safe to share between threads.

    ``name`` tells the store and the kind of its vectors: another one has another file.
    """

    def __init__(self, folder: Path, store: str, kind: str, size: int, rows: int) -> None:
        prefix = f"vectors-{_short(store)}-"
        path = folder / f"{prefix}{_short(f'{kind} {size} {rows}')}.bin"
        self._shape = rows, _SCALE + size
        self._lock_file: int | None = None
        try:
            self._rows = self._opened(path, prefix)
        except OSError as error:
            log.warning("%s: %s; each process keeps its own vectors", path, error.strerror)
            self._rows = np.zeros(self._shape, dtype=np.uint8)

    def _opened(self, path: Path, prefix: str) -> NDArray[np.uint8]:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path, self._shape[0] * self._shape[1])
        for file in path.parent.glob(f"{prefix}*.bin"):
            if file != path:  # of another model; who has it mapped keeps it
                file.unlink(missing_ok=True)
        self._lock_file = os.open(path, os.O_RDWR)
        return np.memmap(path, dtype=np.uint8, mode="r+", shape=self._shape).view(np.ndarray)

    def close(self) -> None:
        """Let another process be the one that writes."""
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    @property
    def is_writer(self) -> bool:
        """Return whether this process is the one of all that brings the file up to date."""
        if self._lock_file is None:
            return True
        with suppress(BlockingIOError):
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def put(self, ids: Sequence[int], vectors: Dense) -> None:
        """Write the vectors (papers x size) of papers, as far as they are not there yet."""
        scales = np.max(np.abs(vectors), axis=1, initial=0) / 127
        steps = vectors / np.where(scales > 0, scales, 1)[:, None]
        rows = np.empty((len(ids), self._shape[1]), dtype=np.uint8)
        rows[:, :_SCALE] = scales.astype("<f4")[:, None].view(np.uint8)
        rows[:, _SCALE:] = np.rint(steps).astype(np.int8).view(np.uint8)
        at = np.asarray(ids, dtype=np.int64) % self._shape[0]
        changed = np.any(self._rows[at] != rows, axis=1)  # what is only read stays shared
        self._rows[at[changed]] = rows[changed]

    def cosines(self, ids: Numbers, vectors: Dense) -> Dense:
        """Return the cosine of each paper with the nearest of some unit vectors (texts x size).

        0 where the paper has no vector.
        """
        result = np.empty(len(ids), dtype=np.float32)
        for start in range(0, len(ids), _AT_ONCE):
            rows = self._rows[_places(ids[start : start + _AT_ONCE] % self._shape[0])]
            scales = np.ascontiguousarray(rows[:, :_SCALE]).view("<f4")[:, 0]
            steps = rows[:, _SCALE:].view(np.int8).astype(np.float32)
            result[start : start + _AT_ONCE] = (steps @ vectors.T).max(axis=1) * scales
        return result


def _places(at: Numbers) -> Numbers | slice:
    """Return rows as a slice where they stand side by side, as they mostly do: it copies none."""
    is_run = at[-1] - at[0] == len(at) - 1 and bool(np.all(np.diff(at) == 1))
    return slice(int(at[0]), int(at[-1]) + 1) if is_run else at


def _create(path: Path, size: int) -> None:
    """Create a file of zeros, which takes no room yet; whole, or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".vectors-", delete=False) as file:
        file.truncate(size)
    with suppress(FileExistsError):
        os.link(file.name, path)  # never over the file of another process
    Path(file.name).unlink()


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
