"""What a private address opens that can do nothing: a digest as a page, a profile as a feed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.domain import Digest, DigestItem
from digestmail.errors import NotFoundError, TokenError
from digestmail.render.paper_view import clean, reason_view
from digestmail.text import expression
from digestmail.web.shared.site import SHOW, Ours, Site
from digestmail.web.views.feeds import Ending, Entry, Feed, entry_of, feed_answer
from digestmail.web.views.pages import NOTE, skipped
from digestmail.web.views.paper_view import Shown, shown
from digestmail.web.views.reasons import why_line

router = APIRouter()
_MOST_OF_A_FEED = 60  # papers: some two weeks
_NAME = 80


# --- a digest as a page ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pick:
    """A paper of a digest, and why it was picked."""

    paper: Shown
    why: str
    followed: tuple[str, ...]


@router.api_route("/digest/{token}", methods=SHOW)
def show_digest(site: Ours, token: str) -> Response:
    """A digest as its mail has it, to be shown around: it names nobody, and nothing can be said
    by it for its reader.
    """
    try:
        digest = site.app.store.digests.get(site.app.links.read_digest(token))
    except NotFoundError:
        raise TokenError("this link belongs to a digest that is not kept any more") from None
    return site.pages.show(
        "digest",
        day=digest.date,
        total=len(digest.items),
        judged=digest.judged,
        why_none=skipped(digest),
        note=clean(digest.note, NOTE),
        parts=_parts(site, digest),
    )


def _parts(site: Site, digest: Digest) -> list[tuple[str, list[Pick]]]:
    """The papers of each profile, the profile with the best paper first."""
    order = list(dict.fromkeys(item.profile_name for item in digest.items))
    items = sorted(digest.items, key=lambda item: (order.index(item.profile_name), item.position))
    return [
        (clean(name, _NAME), [_pick(site, item) for item in some])
        for name, some in groupby(items, key=lambda item: item.profile_name)
    ]


def _pick(site: Site, item: DigestItem) -> Pick:
    reasons = reason_view(item)
    return Pick(
        paper=shown(item.paper, [p for one in reasons.marked for p in expression(one).phrases]),
        why=why_line(item, site.pages.words),
        followed=tuple(clean(name, _NAME) for name in reasons.followed),
    )


# --- a profile as a feed ---------------------------------------------------------------------


@router.api_route("/feed/{token}.{ending}", methods=SHOW)
def show_feed(site: Ours, token: str, ending: Ending) -> Response:
    """The papers of a profile's last digests, with their reasons."""
    store, links = site.app.store, site.app.links
    profile_id, serial = links.read_feed(token)
    if store.subscribers.feed_serial(profile_id) != serial:
        raise TokenError("this feed has another address now, or is not there any more")
    picked = store.digests.picked(profile_id, _MOST_OF_A_FEED)
    name = picked[0][0].profile_name if picked else ""
    service = site.app.settings.service_name
    feed = Feed(
        title=f"{service}: {clean(name, _NAME)}" if name else service,
        address=f"{links.feed(profile_id, serial)}.{ending}",
        entries=_entries(site, picked),
    )
    return feed_answer(feed, ending)


def _entries(site: Site, picked: Sequence[tuple[DigestItem, datetime]]) -> list[Entry]:
    """The papers as new on the day of their digest."""
    home = site.app.links.home
    return [
        replace(entry_of(item.paper, home, note=reason_view(item).why), published=at, updated=at)
        for item, at in picked
    ]
