"""The terms of papers and of what people type: hashed, counted, and kept with the paper."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from digestmail.domain import Paper
from digestmail.text import forms, readable, stem_of

KIND = "terms-4"  # of the kept features: to be changed with whatever changes the terms
_STOP = frozenset(map(stem_of, ENGLISH_STOP_WORDS))
_FIRST_IDEOGRAPH = "\u3040"  # from there on one character is a word
_SEPARATOR = "\x00"  # between texts whose words are no neighbours; no text of a paper has it

Hashes = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Terms:
    """How often each term, by its hash, stands in a text; hashes rise."""

    hashes: Hashes
    counts: NDArray[np.uint8]


def analyse(text: str) -> list[str]:
    """Return the terms of a text: stems and pairs of neighbouring stems, stop words left out."""
    return [term for segment in parts_of(text) for term in _terms(segment)]


def _terms(text: str) -> list[str]:
    stems = [form.stem for form in forms(readable(text))]
    single = [stem for stem in stems if _is_content_stem(stem)]
    return single + [
        f"{a} {b}" for a, b in pairwise(stems) if _is_content_stem(a) and _is_content_stem(b)
    ]


def term_spellings(text: str) -> dict[str, str]:
    """Return the terms of a text, each with the words that it first stands for there."""
    words = forms(readable(text))
    spellings: dict[str, str] = {}
    for word in words:
        if _is_content_stem(word.stem):
            spellings.setdefault(word.stem, word.plain)
    for first, second in pairwise(words):
        if _is_content_stem(first.stem) and _is_content_stem(second.stem):
            pair = f"{first.stem} {second.stem}"
            spellings.setdefault(pair, f"{first.plain} {second.plain}")
    return spellings


@lru_cache(maxsize=65536)
def _is_content_stem(stem: str) -> bool:
    if len(stem) == 1:
        return stem >= _FIRST_IDEOGRAPH
    return stem not in _STOP and not stem.isdigit()


def parts_of(text: str) -> list[str]:
    """Return the texts that were ``joined``."""
    return text.split(_SEPARATOR)


def joined(texts: Sequence[str]) -> str:
    """Several texts as one to ``analyse``."""
    return _SEPARATOR.join(texts)


def paper_text(paper: Paper) -> str:
    """Return what is read of a paper; the title counts twice."""
    return joined((paper.title, paper.title, paper.abstract))


def hash_of(term: str) -> int:
    """Return the same for ever: kept features and learned profiles depend on it."""
    return crc32(term.encode())


def counted(terms: Sequence[str]) -> Terms:
    """Return how often each of ``terms`` is among them."""
    counts = Counter(map(hash_of, terms))
    hashes = np.array(sorted(counts), dtype=np.uint32)
    numbers = np.array([min(counts[h], 255) for h in hashes.tolist()], dtype=np.uint8)
    return Terms(hashes, numbers)


def packed(terms: Terms) -> bytes:
    """Terms as bytes: all hashes, then all counts."""
    return terms.hashes.astype("<u4").tobytes() + terms.counts.tobytes()


def unpacked(data: bytes) -> Terms:
    """Return the reverse of ``packed``."""
    size = len(data) // 5
    hashes = np.frombuffer(data, dtype="<u4", count=size)
    return Terms(hashes, np.frombuffer(data, dtype=np.uint8, offset=4 * size))


def stamped(paper: Paper, data: bytes) -> bytes:
    """Return what is kept of a paper, marked by the text it was computed from."""
    return _stamp(paper) + data


def of_this_text(paper: Paper, stored: bytes | None) -> bytes | None:
    """Return what was kept, unless the paper's text is another one by now."""
    stamp = _stamp(paper)
    return stored[len(stamp) :] if stored is not None and stored.startswith(stamp) else None


def _stamp(paper: Paper) -> bytes:
    return crc32(paper_text(paper).encode(errors="replace")).to_bytes(4, "little")


def _nothing(_: str, __: Collection[int]) -> Mapping[int, bytes]:
    return {}


def _no_text(_: str, __: Collection[str]) -> Mapping[str, bytes]:
    return {}


def _forget(_: str, __: Mapping[Any, bytes]) -> None: ...


@dataclass(slots=True)
class Features:
    """What is computed of each paper, and of what people type, once in its life.

    ``load`` and ``save`` take the kind of feature and work by paper id, ``load_texts`` and
    ``save_texts`` by the name of a text; the defaults store nothing. ``most_embedded``: how many
    papers may be embedded whenever some are needed, as that takes a core 20 ms each; None: all.
    """

    load: Callable[[str, Collection[int]], Mapping[int, bytes]] = _nothing
    save: Callable[[str, Mapping[int, bytes]], None] = _forget
    load_texts: Callable[[str, Collection[str]], Mapping[str, bytes]] = _no_text
    save_texts: Callable[[str, Mapping[str, bytes]], None] = _forget
    most_embedded: int | None = None
    _known: dict[str, Terms] = field(default_factory=dict)

    def terms(self, papers: Sequence[Paper]) -> list[Terms]:
        """Return the terms of each paper, from what is kept as far as it goes."""
        missing = [paper for paper in papers if paper.key not in self._known]
        stored = self.load(KIND, [paper.id for paper in missing if paper.id])
        fresh: dict[int, bytes] = {}
        for paper in missing:
            data = of_this_text(paper, stored.get(paper.id)) if paper.id else None
            terms = counted(analyse(paper_text(paper))) if data is None else unpacked(data)
            if data is None and paper.id:
                fresh[paper.id] = stamped(paper, packed(terms))
            self._known[paper.key] = terms
        self.save(KIND, fresh)
        return [self._known[paper.key] for paper in papers]


def matrix_of(documents: Sequence[Terms], columns: Hashes) -> csr_matrix:
    """Return the counts as rows over ``columns`` (rising hashes); what is no column is left out."""
    lengths = [len(terms.hashes) for terms in documents]
    hashes = (
        np.concatenate([terms.hashes for terms in documents])
        if documents
        else np.zeros(0, np.uint32)
    )
    counts = (
        np.concatenate([terms.counts for terms in documents])
        if documents
        else np.zeros(0, np.uint8)
    )
    at = np.searchsorted(columns, hashes)
    at[at == len(columns)] = 0
    known = columns[at] == hashes if len(columns) else np.zeros(len(hashes), dtype=bool)
    rows = np.repeat(np.arange(len(documents)), lengths)[known]
    shape = (len(documents), len(columns))
    return csr_matrix((counts[known].astype(np.float32), (rows, at[known])), shape=shape)
