"""Benchmark folders in families: sets of the same readers or papers are one kind of evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digestmail.errors import InputError
from digestmail.evaluation import Benchmark, Variant, read_benchmark, reduced
from digestmail.evaluation.run import model_inputs
from digestmail.relevance import Embedder, Features, Model, ModelParameters

FAMILIES = {
    "citeulike": ("citeulike-a-1929", "citeulike-t-bow"),
    "libraries": ("biblib", "biblib-cold"),
    "reviews": ("sysrev", "sysrev-feedback"),
    "arxiv": ("arxiv-curated",),
    "classic": ("cisi", "cranfield"),
    "typed": ("typed",),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A set whose readers are known by all they told, or by one variant."""

    folder: Path
    variant: Variant | None

    @property
    def name(self) -> str:
        return f"{self.folder.name}:{self.variant or 'all'}"

    @property
    def family(self) -> str:
        """The family of the set; a set that is in none is one by itself."""
        name = self.folder.name
        return next((family for family, sets in FAMILIES.items() if name in sets), name)

    def benchmark(self, most: int | None) -> Benchmark:
        """Return its papers and its first readers."""
        benchmark = read_benchmark(self.folder)
        readers = reduced(benchmark, self.variant) if self.variant else benchmark.readers
        return replace(benchmark, readers=readers[:most])


def settings_of(names: Sequence[str]) -> list[Setting]:
    """Return the settings named as FOLDER or FOLDER:VARIANT."""
    settings = []
    for name in names:
        folder, _, variant = name.partition(":")
        if variant and variant not in list(Variant):
            raise InputError("set", f"“{variant[:20]}” is no variant; known: {', '.join(Variant)}")
        settings.append(Setting(Path(folder), Variant(variant) if variant else None))
    return settings


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best papers of some readers: what the model found, and whether each is relevant."""

    similarity: NDArray[np.float32]
    keywords: NDArray[np.float32]
    log_odds: NDArray[np.float32]
    relevant: NDArray[np.bool_]


def candidates_of(
    benchmark: Benchmark, parameters: ModelParameters, embedder: Embedder | None, most: int
) -> Iterator[Candidates]:
    """Yield the ``most`` best candidates of each reader."""
    features = Features()
    for papers, background, readers in model_inputs(benchmark):
        model = Model(
            papers, background, features=features, embedder=embedder, parameters=parameters
        )
        keys = np.array([paper.key for paper in papers])
        row = 0
        for evidence in model.evidence([interest for _, interest in readers]):
            for at in range(len(evidence.log_odds)):
                reader, _ = readers[row]
                row += 1
                own = (*reader.seeds, *reader.liked, *reader.exclude)
                pool = np.flatnonzero(~np.isin(keys, own))
                best = pool[np.argsort(-evidence.log_odds[at, pool], kind="stable")[:most]]
                yield Candidates(
                    evidence.similarity.values[at, best],
                    evidence.keywords[at, best],
                    evidence.log_odds[at, best],
                    np.isin(keys[best], list(reader.held_out)),
                )
