"""Benchmark folders in families: sets of the same kind of readers are one kind of evidence."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digestmail.errors import InputError
from digestmail.evaluation.read import Benchmark, read_benchmark
from digestmail.evaluation.variants import Variant, reduced

FAMILIES = {
    "citeulike": ("citeulike-a-1929", "citeulike-t-bow"),
    "libraries": ("biblib", "biblib-cold"),
    "reviews": ("sysrev", "sysrev-feedback"),
    "arxiv": ("arxiv-curated",),
    "classic": ("cisi", "cranfield"),
    "typed": ("typed",),
}


@dataclass(frozen=True, slots=True)
class BenchmarkSet:
    """A folder whose readers are known by all they said, or by one variant."""

    folder: Path
    variant: Variant | None = None

    @property
    def name(self) -> str:
        """The folder's name, with the variant behind a colon."""
        name = self.folder.resolve().name
        return f"{name}:{self.variant}" if self.variant else name

    @property
    def family(self) -> str:
        """The family of the set; a folder that is in none is one by itself."""
        name = self.folder.resolve().name
        return next((family for family, folders in FAMILIES.items() if name in folders), name)

    def read(self, limit: int | None = None) -> Benchmark | None:
        """Return its papers and first readers; None where nobody said what the variant knows."""
        benchmark = read_benchmark(self.folder)
        readers = reduced(benchmark, self.variant) if self.variant else benchmark.readers
        readers = readers[:limit]
        if not any(reader.held_out for reader in readers):
            return None
        return replace(benchmark, readers=readers)


def benchmark_sets(
    folders: Iterable[Path], variants: Sequence[str], left_out: Collection[str] = ()
) -> list[BenchmarkSet]:
    """Return the sets of folders, each with each variant, without those of some families.

    Raises InputError for an unknown variant, a family that no folder is of, and where no set is
    left.
    """
    for name in variants:
        if name not in list(Variant):
            known = ", ".join(Variant)
            raise InputError("--variant", f"“{name[:20]}” is not a variant. Choose from {known}")
    sets = [
        BenchmarkSet(folder, Variant(name) if name else None)
        for folder in folders
        for name in variants or [""]
    ]
    families = {each.family for each in sets}
    for family in left_out:
        if family not in families:
            known = ", ".join(sorted(families))
            raise InputError(
                "--leave-out", f"“{family[:20]}” is not a family here. Choose from {known}"
            )
    sets = [each for each in sets if each.family not in left_out]
    if not sets:
        raise InputError("--leave-out", "no set is left; name folders of another family")
    return sets
