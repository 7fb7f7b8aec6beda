"""Embeddings of papers and of what people type; each paper is embedded once in its life."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

_CHUNK = 32  # papers between two reports of progress: about a second
_MOST_REMEMBERED = 20_000  # texts, for those that nobody stores, as of visitors: 20 MB


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
        self._remembered: OrderedDict[str, bytes] = OrderedDict()
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

    def texts(self, texts: Sequence[str], features: Features | None = None) -> Dense:
        """Return the vectors of texts that people typed (texts x size), 0 for empty ones.

        Those that ``features`` lacks are computed and given to it.
        """
        features = features or Features()
        names = [_name_of(text) if text.strip() else "" for text in texts]
        spelled = {name: text for name, text in zip(names, texts, strict=True) if name}
        vectors = dict(features.load_texts(self.kind, list(spelled)))
        lacking = {name: text for name, text in spelled.items() if name not in vectors}
        fresh = self._recalled(lacking)
        missing = {n: readable(text) for n, text in lacking.items() if n not in fresh}
        fresh |= self._computed(missing)
        features.save_texts(self.kind, fresh)
        vectors |= fresh
        return self._rows([vectors.get(name) for name in names])

    def stored(self, papers: Sequence[Paper], features: Features) -> dict[int, Dense]:
        """Return the stored vectors of papers, by their ids, of those that have one."""
        stored = features.load(self.kind, [paper.id for paper in papers if paper.id])
        vectors = {p.id: of_this_text(p, stored.get(p.id)) for p in papers if p.id}
        known = {paper_id: vector for paper_id, vector in vectors.items() if vector}
        return dict(zip(known, unpacked(list(known.values()), self.size), strict=True))

    def papers(
        self,
        papers: Sequence[Paper],
        features: Features,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Dense:
        """Return the vectors of papers (papers x size), 0 for those that have none yet.

        Of those that ``features`` lacks the first few are computed and given to it, as many as it
        allows. ``progress`` receives the number done.
        """
        stored = features.load(self.kind, [paper.id for paper in papers if paper.id])
        vectors = [of_this_text(p, stored.get(p.id)) if p.id else None for p in papers]
        texts = {at: embedded_text(papers[at]) for at, v in enumerate(vectors) if v is None}
        names = {at: _name_of(text) for at, text in texts.items()}
        known = self._recalled(names.values())
        ready = [at for at, name in names.items() if name in known]
        missing = [at for at, name in names.items() if name not in known]
        missing = missing[: features.most_embedded]
        embedded = 0
        for chunk in (ready, *_chunks(missing)):
            known |= self._computed(
                {names[at]: texts[at] for at in chunk if names[at] not in known}
            )
            for at in chunk:
                vectors[at] = known[names[at]]
            features.save(self.kind, _by_id([(papers[at], known[names[at]]) for at in chunk]))
            progress(embedded := embedded + len(chunk))
        return self._rows(vectors)

    def _recalled(self, names: Iterable[str]) -> dict[str, bytes]:
        with self._lock:
            return {name: self._remembered[name] for name in names if name in self._remembered}

    def _computed(self, texts: Mapping[str, str]) -> dict[str, bytes]:
        """Compute the vectors of texts by name, and remember them."""
        if not texts:
            return {}
        vectors = self._model.embed(list(texts.values()))
        fresh = {name: packed(vector) for name, vector in zip(texts, vectors, strict=True)}
        with self._lock:
            self._remembered |= fresh
            while len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return fresh

    def _rows(self, vectors: Sequence[bytes | None]) -> Dense:
        nothing = packed(np.zeros(self.size, dtype=np.float32))
        return unpacked([vector or nothing for vector in vectors], self.size)


def _name_of(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()[:32]


def _chunks(indices: Sequence[int]) -> Iterator[Sequence[int]]:
    return (indices[start : start + _CHUNK] for start in range(0, len(indices), _CHUNK))


def _by_id(vectors: Sequence[tuple[Paper, bytes]]) -> dict[int, bytes]:
    return {paper.id: stamped(paper, vector) for paper, vector in vectors if paper.id}


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
