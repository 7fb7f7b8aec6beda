"""Trending papers: what their ranking rests on, and the profile of an address alone."""

from enum import StrEnum

from digestmail.domain.subscribers import Profile

TRENDING_PAPERS = 10  # of a digest for an address alone, as many as of a profile


class TrendingBasis(StrEnum):
    """The evidence that a paper is trending."""

    VOTES = "votes"  # upvotes of sources that count them
    READERS = "readers"  # likes and saves of this installation's readers
    CENTRAL = "central"  # near most of the new papers, where nothing is voted on


def trending_profile(categories: tuple[str, ...] = ()) -> Profile:
    """Return the profile of somebody who gave an address, and perhaps categories, only.

    Its name is the usual one: it heads the papers that come once the reader has liked some.
    """
    return Profile(categories=categories, trending=TRENDING_PAPERS)
