"""The order in which a digest shows its papers: sections, groups by strength, and who gets room."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from digestmail.domain import (
    TRENDING_REASONS,
    USUAL_NAME,
    DigestItem,
    ItemRole,
    Layout,
    ReasonKind,
    Strength,
    TrendingBasis,
)
from digestmail.i18n import N_
from digestmail.render.cleaning import clean
from digestmail.render.locale import Words
from digestmail.render.paper_view import Place


@dataclass(frozen=True, slots=True)
class PlacingRule:
    """How many papers of a digest are shown at length, and when titles are listed first.

    The best ``fewest_full`` papers are shown at length, and further strong matches and papers of
    followed authors up to ``most_full``: as many as a reader takes in within half a minute.
    A digest of fewer than ``listed_from`` papers is its own list.
    """

    fewest_full: int = 3
    most_full: int = 5
    listed_from: int = 4
    profile_name: int = 80  # characters


_RULE = PlacingRule()
_FOLLOWED = N_("By authors you follow")
_TRENDING = N_("Trending papers")
_HEADINGS = {
    ItemRole.NEAREST: N_("The closest papers"),
    ItemRole.NEW_VERSION: N_("New versions of papers you saved"),
}
_GROUPS = {
    Strength.STRONG: N_("Strong matches"),
    Strength.GOOD: N_("Good matches"),
    Strength.MAYBE: N_("Maybe"),
}
_DIFFERENT = N_("Something different")
_BY_RULE = N_("In your categories")
_RESTS_ON = {
    (TrendingBasis.VOTES,): N_("Ranked by upvotes."),
    (TrendingBasis.READERS,): N_("Ranked by how many readers here liked or saved them."),
    (TrendingBasis.VOTES, TrendingBasis.READERS): N_(
        "Ranked by upvotes, and by how many readers here liked or saved them."
    ),
    (TrendingBasis.CENTRAL,): N_(
        "They have few upvotes or none, so the ones closest to most other new papers come first."
    ),
}
_USUAL_NAME = N_("My papers")  # USUAL_NAME, to be translated
_MIXED_BASES = N_("Ranked by upvotes where there are any, then by how central they are.")
_ORDER = (*_GROUPS, None)


def placed(
    items: Sequence[DigestItem], words: Words, layout: Layout = Layout.FULL
) -> list[tuple[DigestItem, Place]]:
    """Return the items in the order of the mail.

    Papers of followed authors come first, then a section for each profile, the one with the best
    paper first, what is trending, the nearest papers of a day without any, and new versions. Within
    a section the strongest come first.
    """
    sections = _sections(items, words)
    full = _shown_at_length(items) if layout is Layout.FULL else frozenset()
    has_headings = len(sections) > 1 or any(item.role is not ItemRole.PICK for item in items)
    places: list[tuple[DigestItem, Place]] = []
    for heading, section in sections.items():
        group = heading if has_headings else ""
        for at, item in enumerate(section):
            new_group = group if has_headings and not at else ""
            if not has_headings and _group(item) != group:
                group = new_group = _group(item)
            place = _place(
                len(places) + 1,
                heading if has_headings and not at else "",
                trending_note(_bases(section), words) if has_headings and not at else "",
                words.gettext(new_group) if new_group else "",
                3 if has_headings else 2,
                item.position in full,
                layout is Layout.TITLES,
                has_headings or layout is Layout.COMPACT,
            )
            places.append((item, place))
    return places


def is_listed(papers: int, layout: Layout) -> bool:
    """Return whether a list of titles comes before so many papers, or is all there is."""
    if layout is Layout.COMPACT:
        return False
    return layout is Layout.TITLES or papers >= _RULE.listed_from


def trending_note(bases: Sequence[TrendingBasis], words: Words) -> str:
    """Return what a digest's trending papers rest on, in a sentence; empty without any."""
    if not bases:
        return ""
    return words.gettext(_RESTS_ON.get(tuple(bases), _MIXED_BASES))


def profile_name(item: DigestItem) -> str:
    """Return the name of the profile a paper was picked for, as it is shown."""
    return _cleaned(item.profile_name)


@lru_cache(maxsize=4096)
def _cleaned(name: str) -> str:
    return clean(name, _RULE.profile_name)


def _sections(items: Sequence[DigestItem], words: Words) -> dict[str, list[DigestItem]]:
    """Return the items by the heading of their section, in order."""
    sections: dict[tuple[int, str], list[DigestItem]] = {}
    for item in items:
        sections.setdefault(_section(item, words), []).append(item)
    ordered = sorted(sections.items(), key=lambda section: section[0][0])  # stable
    return {
        heading: sorted(section, key=lambda item: _rank(item) if rank != 2 else 0)
        for (rank, heading), section in ordered
    }


def _section(item: DigestItem, words: Words) -> tuple[int, str]:
    """Return the rank of the section that a paper stands in, and its heading."""
    if item.role is not ItemRole.PICK:
        rank = 3 if item.role is ItemRole.NEAREST else 4
        return rank, words.gettext(_HEADINGS[item.role])
    if item.pinned:
        return 0, words.gettext(_FOLLOWED)
    if item.is_trending:
        return 2, words.gettext(_TRENDING)
    return 1, _heading(profile_name(item), words)


def _heading(name: str, words: Words) -> str:
    """Return a profile's name as a heading; the name of one that nobody named is translated."""
    return words.gettext(_USUAL_NAME) if name == USUAL_NAME else name


def _bases(section: Sequence[DigestItem]) -> tuple[TrendingBasis, ...]:
    """Return what the papers of a section rest on, if they are there because they are trending."""
    kinds = {reason.kind for item in section if item.is_trending for reason in item.reasons}
    return tuple(basis for kind, basis in TRENDING_REASONS.items() if kind in kinds)


def _rank(item: DigestItem) -> int:
    return _ORDER.index(item.strength) + _is_different(item)


def _group(item: DigestItem) -> str:
    """Return the label, to be translated, under which a list without sections has a paper."""
    if item.strength:
        return _GROUPS[item.strength]
    if _is_different(item):
        return _DIFFERENT
    return _TRENDING if item.is_trending else _FOLLOWED if item.pinned else _BY_RULE


def _is_different(item: DigestItem) -> bool:
    return any(reason.kind is ReasonKind.EXPLORATION for reason in item.reasons)


def _shown_at_length(items: Sequence[DigestItem]) -> frozenset[int]:
    """Return the positions of the papers that are shown at length."""
    picks = [item for item in items if item.role is ItemRole.PICK]
    best = sorted(picks, key=lambda item: (not item.pinned, _rank(item), item.position))
    sure = sum(item.pinned or item.strength is Strength.STRONG for item in picks)
    count = min(max(sure, _RULE.fewest_full), _RULE.most_full)
    return frozenset(item.position for item in best[:count])


_place = lru_cache(maxsize=16_384)(Place)
