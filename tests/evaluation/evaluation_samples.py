"""A small benchmark of two fields, and readers as they are needed."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from digestmail.evaluation.read import Benchmark, read_benchmark

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"

_ICE = ("sea ice drift", "ice sheet melt", "glacier ice flow", "ice core record", "sea ice extent")
_CODE = ("surface code", "quantum code", "code decoding", "error code", "quantum error decoding")
_ABOUT = {"i": "in the polar ocean and its climate", "c": "of qubits on noisy hardware"}


def papers() -> list[dict[str, Any]]:
    """Five papers of ice (i0..i4) and five of codes (c0..c4), one a day in turn."""
    named = [
        (f"{key}{n}", t) for key, some in (("i", _ICE), ("c", _CODE)) for n, t in enumerate(some)
    ]
    return [
        {
            "id": key,
            "title": title.capitalize(),
            "abstract": f"We study the {title} {_ABOUT[key[0]]}.",
            "published": f"2026-03-{2 * int(key[1]) + (key[0] == 'c') + 1:02}",
        }
        for key, title in named
    ]


def reader(user: str = "anna", **values: Any) -> dict[str, Any]:
    """A reader who likes i0 and should find i1."""
    return {"user": user, "liked": ["i0"], "relevant": ["i1"]} | values


def write(folder: Path, readers: Sequence[object], some: Sequence[object] | None = None) -> Path:
    """A benchmark folder with these readers, and these papers or those of papers()."""
    write_lines(folder / "papers.jsonl.gz", papers() if some is None else some)
    write_lines(folder / "profiles.jsonl.gz", readers)
    return folder


def write_lines(path: Path, lines: Sequence[object]) -> None:
    """JSON lines; a text stands as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_bytes(gzip.compress("\n".join(texts).encode()))


def benchmark(folder: Path, *readers: dict[str, Any], **changes: dict[str, Any]) -> Benchmark:
    """A benchmark read back, papers changed by id."""
    some = [paper | changes.get(paper["id"], {}) for paper in papers()]
    return read_benchmark(write(folder, readers or [reader()], some))
