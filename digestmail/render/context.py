"""What goes into the templates, and what comes out of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from digestmail.addresses import readable_address
from digestmail.domain import USUAL_NAME, Digest, Recipient, SkipReason
from digestmail.render.cleaning import clean
from digestmail.render.day_notes import day_note
from digestmail.render.locale import Words
from digestmail.render.paper_view import PaperView
from digestmail.render.placing import is_listed, profile_name, trending_note
from digestmail.render.wrapping import closed_up
from digestmail.text import excerpt, one_line


@dataclass(frozen=True, slots=True)
class DigestLimits:
    """The limits of a digest: lengths in characters, and when it is a small one.

    A digest of at most ``few`` papers, chosen from ``many_judged`` or more, tells its reader how
    to let more through.
    """

    subject: int = 80
    note: int = 600
    few: int = 3
    many_judged: int = 20
    words_a_minute: int = 230  # Brysbaert, J. Mem. Lang. 109 (2019): 238 of English non-fiction


_LIMITS = DigestLimits()

Names = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PaperLinks:
    """The links of one kind to the papers of a digest; they differ in the position alone."""

    start: str
    end: str = ""

    def __call__(self, position: int) -> str:
        """Return the link of the paper at a position."""
        return f"{self.start}{position}{self.end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLinks:
    """The targets of the links of one digest.

    ``view`` is the digest as a page, ``saved`` the reading list, ``archive`` the past digests.
    ``options`` are the pages of what a reader may do about a paper beside more, less and save.
    """

    home: str
    view: str
    preferences: str
    pause: str
    unsubscribe: str
    help: str
    more: PaperLinks
    less: PaperLinks
    save: PaperLinks
    options: PaperLinks
    saved: str
    archive: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's subject (one line, at most 80 characters), plain text and HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """A mail as Rendered has it, its two parts in quoted-printable with CRLF line ends."""

    subject: str
    text: bytes
    html: bytes


def digest_names(
    digest: Digest, reader: Recipient, links: DigestLinks, papers: int, words: Words
) -> Names:
    """Return the names that all templates of a digest with so many papers know."""
    confirmed = reader.confirmed_at
    picks = [item for item in digest.items if not item.is_trending]
    profiles = dict.fromkeys(map(profile_name, picks))
    return {
        **_days(digest.date, words),
        "layout": reader.layout.value,
        "listed": is_listed(papers, reader.layout),
        "weekly": reader.is_weekly,
        "total": len(digest.items),
        "judged": digest.judged,
        "few": _is_few(digest, reader),
        "left_out": len(digest.mailed_items) - papers,
        "profiles": [] if profiles.keys() == {USUAL_NAME} else [name for name in profiles if name],
        "trending": bool(digest.items) and all(item.is_trending for item in digest.items),
        "rests_on": trending_note(digest.trending_bases, words),
        "note": clean(day_note(digest, words), _LIMITS.note),
        "address": one_line(readable_address(reader.email)),
        "confirmed": words.short_day(confirmed.date()) if confirmed else "",
        "links": links,
    }


def paper_names(papers: Sequence[PaperView]) -> Names:
    """Return the papers in the order of the mail, and the minutes that reading them takes."""
    minutes = sum(paper.words for paper in papers) / _LIMITS.words_a_minute
    return {"papers": papers, "minutes": str(max(round(minutes), 1))}


def subject_line(printed: str) -> str:
    """Return a subject as a template printed it, on one line and short."""
    return excerpt(closed_up(one_line(printed)), _LIMITS.subject)


def _is_few(digest: Digest, reader: Recipient) -> bool:
    """Return whether a reader may wonder where the papers are, and could let more through."""
    if not digest.items:
        return digest.judged > 0 and digest.skip is not SkipReason.NOTHING_TRENDING
    papers = len(digest.items)
    return (
        any(not item.is_trending for item in digest.items)
        and papers < reader.most_papers
        and papers <= _LIMITS.few
        and digest.judged >= _LIMITS.many_judged
    )


@lru_cache(maxsize=64)
def _days(day: date, words: Words) -> Mapping[str, str]:
    """Return the day of a digest as its templates may name it."""
    return {
        "day": words.short_day(day),
        "long_day": words.long_day(day),
        "week": words.week(day),
    }
