"""Embeddings of papers and of what people type; each paper is embedded once in its life."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from digestmail.domain import Paper
from digestmail.relevance.features.arrays import Dense
from digestmail.relevance.features.sentence_model import (
    AUTOMATIC,
    ModelFiles,
    SentenceModel,
    model_in,
    packaged_model,
)
from digestmail.relevance.features.terms import Features, of_this_text, stamped
from digestmail.text import readable

_CHUNK = 256  # papers embedded between two reports of progress
_MOST_TEXTS = 20_000  # of profiles and queries, remembered: 15 MB


def embedder_of(place: str) -> "Embedder | None":
    """Return the embedder that a setting names: ``auto``, ``none`` or a folder.

    None where there is none, or ``auto`` finds no packaged model. Raises ConfigError for a folder
    without a model.
    """
    if place == AUTOMATIC:
        files = packaged_model()
        return Embedder(files) if files else None
    return None if place in ("", "none") else Embedder(model_in(Path(place)))


class Embedder:
    """Unit vectors of texts by one sentence-embedding model. Safe to use from many threads."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self.kind = f"meaning:{files.fingerprint}"  # of the stored vectors
        self._texts: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    @cached_property
    def _loaded(self) -> SentenceModel:
        return SentenceModel(self._files)

    @property
    def _model(self) -> SentenceModel:
        with self._loading:
            return self._loaded

    @property
    def size(self) -> int:
        """The number of dimensions."""
        return int(self._model.size)

    def texts(self, texts: Sequence[str]) -> Dense:
        """Return the vectors of texts that people typed (texts x size), 0 for empty ones."""
        keys = [sha256(text.encode(errors="replace")).digest()[:16] for text in texts]
        with self._lock:
            known = {key: self._texts[key] for key in keys if key in self._texts}
        missing = {k: text for k, text in zip(keys, texts, strict=True) if k not in known}
        vectors = self._model.embed([readable(text) for text in missing.values()])
        fresh = {k: packed(vector) for k, vector in zip(missing, vectors, strict=True)}
        with self._lock:
            self._texts.update(fresh)
            while len(self._texts) > _MOST_TEXTS:
                self._texts.popitem(last=False)
        known |= fresh
        return unpacked([known[key] for key in keys], self.size)

    def papers(
        self,
        papers: Sequence[Paper],
        features: Features,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Dense:
        """Return the vectors of papers (papers x size); missing ones are computed and stored.

        A core embeds 20 to 50 papers a second; ``progress`` receives the number done.
        """
        stored = features.load(self.kind, [paper.id for paper in papers if paper.id])
        vectors = [of_this_text(paper, stored.get(paper.id or 0)) for paper in papers]
        missing = [at for at, vector in enumerate(vectors) if vector is None]
        missing.sort(key=lambda at: -len(papers[at].abstract))  # texts of one length together
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            made = self._model.embed([embedded_text(papers[at]) for at in chunk])
            for at, vector in zip(chunk, made, strict=True):
                vectors[at] = packed(vector)
            features.keep(
                self.kind,
                {
                    paper_id: stamped(papers[at], vectors[at] or b"")
                    for at in chunk
                    if (paper_id := papers[at].id)
                },
            )
            progress(start + len(chunk))
        return unpacked([vector or b"" for vector in vectors], self.size)


def embedded_text(paper: Paper) -> str:
    """Return what a sentence model reads of a paper."""
    return f"{readable(paper.title)}. {readable(paper.abstract)}"


def packed(vector: Dense) -> bytes:
    """Return a vector as bytes of half precision."""
    return vector.astype("<f2").tobytes()


def unpacked(vectors: Sequence[bytes], size: int) -> Dense:
    """Return vectors (vectors x size) from their bytes."""
    rows = np.frombuffer(b"".join(vectors), dtype="<f2").reshape(len(vectors), size)
    return rows.astype(np.float32)
