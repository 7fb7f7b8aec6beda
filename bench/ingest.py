"""Ingest 30,000 records from a file into SQLite, twice: once all new, once all known.

Prints records a second of CPU time, parsing, cleaning and the duplicate check by every name
included, and the peak of memory.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.common import peak_mib, read
from digestmail.calendar import utc_now
from digestmail.domain import Paper
from digestmail.resources import MIGRATIONS, SAMPLE_PAPERS
from digestmail.sources.files.file import FileSource
from digestmail.steps.daily.ingest import ingest
from digestmail.store import Database, Store
from digestmail.store.migrate import migrate
from digestmail.text import words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, default=SAMPLE_PAPERS)
    parser.add_argument("--count", type=int, default=30_000)
    options = parser.parse_args()
    known = read(options.papers)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "papers.jsonl"
        with file.open("w", encoding="utf-8") as target:
            for record in _records(known, options.count):
                target.write(json.dumps(record) + "\n")
        database = Database(f"sqlite:///{folder}/bench.db")
        migrate(database, MIGRATIONS, utc_now())
        for run in ("new", "known"):
            _run(run, Store(database), file, options.count)
        database.close()
    print(f"memory: {peak_mib():.0f} MiB at the peak")


def _run(name: str, store: Store, file: Path, count: int) -> None:
    started = time.process_time()
    report = ingest(store.papers, "bench", lambda: FileSource(file, "bench"), None, utc_now)
    seconds = time.process_time() - started
    assert getattr(report, name) == count, report
    print(f"{name}: {count / seconds:,.0f} records a second ({seconds:.1f} s of CPU)")


def _records(known: list[Paper], count: int) -> Iterator[dict[str, object]]:
    """Records with real abstracts and titles mixed of real words, no two alike."""
    rng = random.Random(1)
    vocabulary = sorted({w.plain for p in known for w in words(p.title) if len(w.plain) > 3})
    for number in range(count):
        yield {
            "id": f"2611.{number:05}v1",
            "title": " ".join(rng.sample(vocabulary, 8)).capitalize(),
            "abstract": rng.choice(known).abstract,
            "authors": ["Jane Q. Doe", "Li Wei", "Amélie Durand"],
            "categories": ["cs.CL", "cs.LG"],
            "published": "2026-11-20",
        }


if __name__ == "__main__":
    main()
