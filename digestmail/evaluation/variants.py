"""The same readers, had they said less of themselves."""

from dataclasses import replace
from enum import StrEnum

from digestmail.evaluation.read import Benchmark, Reader


class Variant(StrEnum):
    """The one thing that is known of a reader."""

    KEYWORDS = "keywords"
    INTERESTS = "interests"
    SEEDS = "seeds"  # the latest five of the liked papers
    SEED = "seed"  # the latest of them
    SEED_AND_TITLE = "seed-and-title"  # the same, with its title as interests
    VERDICTS = "verdicts"  # likes and dislikes
    DISLIKES = "dislikes"


_SEEDS = {Variant.SEEDS: 5, Variant.SEED: 1, Variant.SEED_AND_TITLE: 1}


def reduced(benchmark: Benchmark, variant: Variant) -> list[Reader]:
    """Return the readers who said this one thing, with nothing else known of them.

    The pools stay: what is no longer known as liked is not ranked either.
    """
    readers = [_reduced(benchmark, reader, variant) for reader in benchmark.readers]
    return [r for r in readers if r.query or r.seeds or r.liked or r.disliked or r.disliked_hard]


def _reduced(benchmark: Benchmark, reader: Reader, variant: Variant) -> Reader:
    known = (*reader.seeds, *reader.liked)
    seeds = known[-_SEEDS[variant] :] if variant in _SEEDS else ()
    titles = [paper.title for paper in benchmark.papers_of(seeds)]
    interests = {
        Variant.INTERESTS: reader.interests,
        Variant.SEED_AND_TITLE: " ".join(titles),
    }
    judges = variant in (Variant.VERDICTS, Variant.DISLIKES)
    return replace(
        reader,
        keywords=reader.keywords if variant is Variant.KEYWORDS else (),
        interests=interests.get(variant, ""),
        seeds=seeds,
        liked=known if variant is Variant.VERDICTS else (),
        disliked=reader.disliked if judges else (),
        disliked_hard=reader.disliked_hard if judges else (),
        exclude=reader.exclude if variant is Variant.VERDICTS else (*reader.exclude, *known),
    )
