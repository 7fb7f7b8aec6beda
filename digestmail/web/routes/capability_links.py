"""Capability links that can change nothing: a digest as a page, a profile as a feed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.domain import Digest, DigestItem, Layout, SkipReason
from digestmail.errors import NotFoundError, TokenError
from digestmail.render.cleaning import clean
from digestmail.render.day_notes import day_note
from digestmail.render.paper_view import Place, hint_of, reason_view
from digestmail.render.placing import is_listed, placed, trending_note
from digestmail.text import expression
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext
from digestmail.web.views.digest_lines import NOTE, skipped
from digestmail.web.views.feeds import Ending, Entry, Feed, entry_of, feed_answer
from digestmail.web.views.paper_view import PaperSummary, paper_summary

router = APIRouter()
_FEED_SIZE = 60  # papers: some two weeks
_MAX_NAME = 80


# --- a digest as a page ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pick:
    """A paper of a digest, why it was picked, and the ends of the paths of its actions."""

    paper: PaperSummary
    judging: str
    options: str
    why: str
    followed: tuple[str, ...]
    number: int  # its place in the mail
    group: str  # the label above its line in the list of titles, if a group begins with it
    hint: str  # the reason in a few words, for that list


@router.api_route("/digest/{token}", methods=READ_METHODS)
def show_digest(context: Context, token: str) -> Response:
    """Show a digest as its mail has it, with buttons for what its links do.

    It names nobody. What may be passed on is the page of a paper, which each of them links.
    """
    try:
        digest = context.app.store.digests.get(context.app.links.read_digest(token))
    except NotFoundError:
        raise TokenError("this link belongs to a digest that we no longer keep") from None
    context = context.in_language_of(digest.subscriber_id)
    digest = context.app.lines.digest(digest, context.pages.words.language)
    return context.pages.render(
        "digest",
        day=digest.date,
        total=len(digest.items),
        judged=digest.judged,
        why_none=skipped(digest),
        note=clean(day_note(digest, context.pages.words), NOTE),
        few=digest.skip is SkipReason.BELOW_THRESHOLD,
        trending=bool(digest.items) and all(item.is_trending for item in digest.items),
        rests_on=trending_note(digest.trending_bases, context.pages.words),
        is_listed=is_listed(len(digest.mailed_items), Layout.FULL),
        parts=_sections(context, digest),
    )


def _sections(context: RequestContext, digest: Digest) -> list[tuple[str, list[Pick]]]:
    """Return the papers under the headings that their mail has, in the same order."""
    sections: list[tuple[str, list[Pick]]] = []
    links = context.app.links
    judging = links.feedback_token(digest.stored_id)
    options = links.options_token(digest.stored_id)
    for item, place in placed(digest.mailed_items, context.pages.words):
        if place.section or not sections:
            sections.append((place.section, []))
        ends = f"{judging}/{item.position}", f"{options}/{item.position}"
        pick = _pick(context, item, place, *ends)
        sections[-1][1].append(pick)
    return sections


def _pick(
    context: RequestContext, item: DigestItem, place: Place, judging: str, options: str
) -> Pick:
    reasons = reason_view(item, context.pages.words)
    phrases = [p for text in reasons.marked for p in expression(text).phrases]
    return Pick(
        paper=paper_summary(item.paper, phrases),
        judging=judging,
        options=options,
        why=reasons.why,
        followed=tuple(clean(name, _MAX_NAME) for name in reasons.followed),
        number=place.number,
        group=place.group,
        hint=hint_of(reasons, place),
    )


# --- a profile as a feed ---------------------------------------------------------------------


@router.api_route("/feed/{token}.{ending}", methods=READ_METHODS)
def show_feed(context: Context, token: str, ending: Ending) -> Response:
    """Return the papers of a profile's last digests, with their reasons."""
    store, links = context.app.store, context.app.links
    profile_id, serial = links.read_feed(token)
    if store.subscribers.feed_serial(profile_id) != serial:
        raise TokenError("this feed has a new address, or no longer exists")
    context = context.in_tag(store.subscribers.language_of_owner(profile_id))
    picked = store.digests.picked(profile_id, _FEED_SIZE)
    name = picked[0][0].profile_name if picked else ""
    service = context.app.settings.service_name
    feed = Feed(
        title=f"{service}: {clean(name, _MAX_NAME)}" if name else service,
        address=f"{links.feed(profile_id, serial)}.{ending}",
        entries=_entries(context, picked),
    )
    return feed_answer(feed, ending)


def _entries(context: RequestContext, picked: Sequence[tuple[DigestItem, datetime]]) -> list[Entry]:
    """Return the papers as new on the day of their digest."""
    home, words = context.app.links.home, context.pages.words
    return [
        replace(
            entry_of(item.paper, home, note=reason_view(item, words).why), published=at, updated=at
        )
        for item, at in picked
    ]
