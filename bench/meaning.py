"""The cost of meaning: papers that a core embeds in a second, and the memory of the process.

``python -m bench.meaning --papers FILE`` (JSONL with title and abstract).
"""

import argparse
import json
import time
from pathlib import Path

import psutil

from digestmail.domain import Paper
from digestmail.memory import return_free_memory
from digestmail.relevance import Embedder, Features, Model, embedder_of


def main() -> None:
    """Embed some papers and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, required=True)
    parser.add_argument("--model", default="auto", help="a folder with an ONNX model")
    parser.add_argument("--most", type=int, default=500, help="papers to embed")
    options = parser.parse_args()
    papers = _papers(options.papers, options.most)
    Model(papers)
    print(f"memory of a model by words: {_memory():.0f} MiB")
    embedder = embedder_of(options.model)
    assert embedder is not None, "there is no such model"
    began = time.process_time()
    embedder.papers(papers, Features())
    seconds = time.process_time() - began
    print(f"{len(papers)} papers: {len(papers) / seconds:.0f} a second of one core")
    _tell_memory(papers, embedder)


def _tell_memory(papers: list[Paper], embedder: Embedder) -> None:
    print(f"memory while embedding: {_memory():.0f} MiB")
    Model(papers, embedder=embedder)
    return_free_memory()
    print(f"memory of a model with meaning, after freed memory was given back: {_memory():.0f} MiB")


def _papers(path: Path, limit: int) -> list[Paper]:
    with path.open(encoding="utf-8") as lines:
        records = [json.loads(line) for _, line in zip(range(limit), lines, strict=False)]
    return [
        Paper(key=f"p:{n}", title=record["title"], abstract=record.get("abstract") or "")
        for n, record in enumerate(records)
    ]


def _memory() -> float:
    return float(psutil.Process().memory_info().rss / 2**20)


if __name__ == "__main__":
    main()
