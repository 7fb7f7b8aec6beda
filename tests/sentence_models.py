"""A sentence-embedding model of a few words, written as the files that real ones come in."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

UNKNOWN, PADDING = "[UNK]", "[PAD]"
_FLOAT, _INT64 = 1, 7  # element types of ONNX


def write_model(folder: Path, words: Mapping[str, Sequence[float]]) -> Path:
    """Write a model whose vector of a text is the mean of those of its words.

    Unknown words are (0, ..., 0, 1) in one more dimension.
    """
    tokenizers = pytest.importorskip("tokenizers")
    pytest.importorskip("onnxruntime")
    folder.mkdir(parents=True, exist_ok=True)
    rows = [[*vector, 0.0] for vector in words.values()]
    size = len(rows[0])
    rows = [[0.0] * size, [0.0] * (size - 1) + [1.0], *rows]
    vocabulary = {word: number for number, word in enumerate((PADDING, UNKNOWN, *words))}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = tokenizers.normalizers.Lowercase()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "model.onnx").write_bytes(_network(np.array(rows, dtype=np.float32)))
    return folder


def _network(vectors: np.ndarray) -> bytes:
    """Return an ONNX model that looks up the vector of each token."""
    rows, size = vectors.shape
    node = _text(1, "vectors") + _text(1, "input_ids") + _text(2, "states") + _text(4, "Gather")
    tensor = b"".join(_number(1, side) for side in (rows, size)) + _number(2, _FLOAT)
    tensor += _text(8, "vectors") + _bytes(9, vectors.astype("<f4").tobytes())
    graph = _bytes(1, node) + _text(2, "lookup") + _bytes(5, tensor)
    graph += _bytes(11, _value("input_ids", _INT64, ["texts", "tokens"]))
    graph += _bytes(12, _value("states", _FLOAT, ["texts", "tokens", size]))
    operators = _bytes(8, _text(1, "") + _number(2, 13))
    return _number(1, 8) + operators + _bytes(7, graph)


def _value(name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    sides = (_text(2, side) if isinstance(side, str) else _number(1, side) for side in shape)
    dimensions = b"".join(_bytes(1, side) for side in sides)
    tensor = _number(1, kind) + _bytes(2, dimensions)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])
