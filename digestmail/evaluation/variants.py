"""The same readers, had they told less of themselves."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from digestmail.evaluation.read import Reader

_SEEDS = 5


class Variant(StrEnum):
    """The one thing that a reader told."""

    KEYWORDS = "keywords"
    INTERESTS = "interests"
    SEEDS = "seeds"  # the latest few of the liked papers


def reduced(readers: Sequence[Reader], variant: Variant) -> list[Reader]:
    """The readers who have told this one thing, with nothing else known of them.

    The pools stay: what is no longer known as liked is not ranked either.
    """
    bare = [_telling(reader, variant) for reader in readers]
    return [reader for reader in bare if reader.query or reader.seeds]


def _telling(reader: Reader, variant: Variant) -> Reader:
    known = (*reader.seeds, *reader.liked)
    return replace(
        reader,
        keywords=reader.keywords if variant is Variant.KEYWORDS else (),
        interests=reader.interests if variant is Variant.INTERESTS else "",
        seeds=known[-_SEEDS:] if variant is Variant.SEEDS else (),
        liked=(),
        disliked=(),
        disliked_hard=(),
        exclude=(*reader.exclude, *known),
    )
