"""Meaning beyond words: dense vectors of papers and texts from a sentence-embedding model.

The model is the operator's own, a local one, loaded by sentence-transformers (the extra
``digestmail[semantic]``); nothing is fetched. Each paper is embedded once in its life.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from digestmail.domain import Paper
from digestmail.errors import ConfigError
from digestmail.relevance.terms import Features, of_this_text, stamped
from digestmail.text import readable

Dense = NDArray[np.floating[Any]]

_BATCH = 16  # texts embedded at once: more do not fit into a core's cache
_CHUNK = 256  # papers kept at once
_MOST_KNOWN = 50_000  # papers held: 38 MB of 384 axes
_LONGEST = 2_000  # characters; such models read some 250 words


class Embedder:
    """Unit vectors of texts by the model in ``place``: a folder, or a package with one in it.

    ConfigError where there is none, or the extra is not installed.
    """

    def __init__(self, place: str) -> None:
        self._folder = _folder(place)
        self.kind = f"dense:{place}:{_print(self._folder)}"
        self._known: dict[str, bytes] = {}

    @cached_property
    def _model(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise ConfigError(
                "semantic.model: needs its extra: pip install 'digestmail[semantic]'"
            ) from None
        try:
            model = SentenceTransformer(str(self._folder), device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise ConfigError(f"semantic.model: {self._folder} holds no model: {error}") from None
        return model.bfloat16() if _halves() else model

    def texts(self, texts: Sequence[str]) -> Dense:
        """The vectors of texts (texts x size), zeros for empty ones."""
        vectors: Dense = np.asarray(
            self._model.encode(
                [text[:_LONGEST] for text in texts],
                batch_size=_BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            ),
            dtype=np.float32,
        )
        there = np.array([bool(text.strip()) for text in texts], dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1)  # not quite 1 of numbers with 8 bits
        even: Dense = vectors * (there / np.maximum(lengths, 1e-9))[:, None]
        return even

    def papers(
        self,
        papers: Sequence[Paper],
        features: Features,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Dense:
        """The vectors of papers, from what is kept as far as it goes; the others are kept.

        Embedding takes a core 15 to 40 papers a second; ``progress`` is told how many are done.
        """
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        strange = [p for p in papers if of_this_text(p, self._known.get(p.key)) is None]
        kept = features.load(self.kind, [paper.id for paper in strange if paper.id])
        missing = []
        for paper in strange:
            if of_this_text(paper, kept.get(paper.id or 0)) is None:
                missing.append(paper)
            else:
                self._known[paper.key] = kept[paper.id or 0]
        missing.sort(key=lambda paper: -len(paper.abstract))  # of equal length little is padded
        for start in range(0, len(missing), _CHUNK):
            some = missing[start : start + _CHUNK]
            vectors = self.texts([f"{readable(p.title)}. {readable(p.abstract)}" for p in some])
            data = [vector.astype("<f2").tobytes() for vector in vectors]
            made = {p.key: stamped(p, told) for p, told in zip(some, data, strict=True)}
            features.keep(self.kind, {p.id: made[p.key] for p in some if p.id})
            self._known |= made
            progress(start + len(some))
        told = (of_this_text(paper, self._known[paper.key]) or b"" for paper in papers)
        return np.array([np.frombuffer(one, dtype="<f2") for one in told], dtype=np.float32)


def _halves() -> bool:
    """Whether the processor itself multiplies bfloat16: then that is 2.5 times as fast as float32,
    and vectors have a cosine of .998 and more to those of float32. No, where torch cannot tell."""
    processor: Any = import_module("torch.cpu")  # sentence-transformers brings it
    told = processor.get_capabilities() if hasattr(processor, "get_capabilities") else {}
    return bool(told.get("avx512_bf16") or told.get("amx_bf16"))


def _print(folder: Path) -> str:
    """What tells another model in the same place: the names and sizes of its files."""
    files = sorted((str(p.relative_to(folder)), p.stat().st_size) for p in folder.rglob("*.*"))
    return f"{crc32(repr(files).encode()):08x}"


def _folder(place: str) -> Path:
    if Path(place).is_dir():
        return Path(place)
    spec = find_spec(place.replace("-", "_")) if place.replace("-", "_").isidentifier() else None
    for folder in spec.submodule_search_locations or () if spec else ():
        if (Path(folder) / "model").is_dir():
            return Path(folder) / "model"
    raise ConfigError(
        f"semantic.model: “{place[:80]}” is neither a folder nor a package with a model"
    )
