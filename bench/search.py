"""How many of the first five papers that a search finds are right, on profiles as people type them.

``python -m bench.search FOLDER`` (a set such as ``typed``: papers, and profiles with grades). All
papers are searched by the keywords of a reader, separated by commas, or by the reader's sentence.
"""

import argparse
import gzip
import json
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digestmail.calendar import utc_now
from digestmail.domain import Paper
from digestmail.resources import MIGRATIONS
from digestmail.services.search import SearchRequest, SearchService
from digestmail.services.search_vectors import SearchVectors
from digestmail.steps.daily.embed import PaperEmbeddings
from digestmail.store import Database, Store
from digestmail.store.migrate import migrate

_FIRST = 5


@dataclass(frozen=True, slots=True)
class Reader:
    """What somebody typed, and the grades of the papers that suit it, by id."""

    name: str
    kind: str
    text: str
    grades: Mapping[str, int]


def main() -> None:
    """Index the papers of a set and print the precision of each search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="auto", help="a folder with an ONNX model, or none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = _service(Path(folder), options.folder, options.model)
        shares = defaultdict(list)
        for reader in _readers(options.folder):
            results = service.search(SearchRequest(text=reader.text), 0, _FIRST)
            right = sum(paper.key.removeprefix("p:") in reader.grades for paper in results.papers)
            counts = f"{results.exact} of {results.total} exact"
            print(f"{right} of {min(_FIRST, len(reader.grades))} {counts:20} {reader.text[:70]}")
            if reader.grades:
                shares[reader.kind].append(right / min(_FIRST, len(reader.grades)))
        for kind, values in shares.items():
            print(f"{kind}: {sum(values) / len(values):.3f} of the first {_FIRST} right")


def _service(folder: Path, benchmark: Path, model: str) -> SearchService:
    store = Store(Database(f"sqlite:///{folder / 'bench.db'}"))
    migrate(store.database, MIGRATIONS, utc_now())
    papers = [
        Paper(key=f"p:{p['id']}", title=p["title"], abstract=p["abstract"], source="bench")
        for p in _records(benchmark / "papers.jsonl.gz")
    ]
    store.papers.add(papers, utc_now())
    meaning = PaperEmbeddings(store, model, utc_now, threading.Event())
    meaning.embed(meaning.lacking())
    service = SearchService(store, SearchVectors(store, lambda: meaning.embedder, folder))
    service.follow()
    return service


def _readers(benchmark: Path) -> Iterator[Reader]:
    """Yield the readers of a set with the grades of all their days."""
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    profiles = {}
    for profile in _records(benchmark / "profiles.jsonl.gz"):
        name = profile["user"].split("@")[0]
        grades[name] |= profile["grades"]
        profiles[name] = profile
    for name, profile in profiles.items():
        keywords = profile.get("keywords")
        kind, text = "keywords", ", ".join(keywords or ())
        if not keywords:
            kind, text = "sentences", profile["interests"]
        yield Reader(name, kind, text, grades[name])


def _records(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main()
