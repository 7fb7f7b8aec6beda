"""One's own library: the reading list, the digests of the past, and what one said of papers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from digestmail.domain import Digest, Feedback, Paper, SavedPaper, Verdict
from digestmail.steps.reading import citations, feedback
from digestmail.store.papers import UPLOADS
from digestmail.web.shared.account_session import Own, Pager, Visit
from digestmail.web.shared.site import SHOW, Site
from digestmail.web.views.pages import DigestLine, digest_line
from digestmail.web.views.paper_view import Shown, shown, title_of

router = APIRouter()
_LARGEST = 2**31 - 1  # an id of PostgreSQL
PaperId = Annotated[int, Path(ge=1, le=_LARGEST)]
AboutPaper = Annotated[int, Query(le=_LARGEST)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]
# How the page tells of "more", by what was said of the paper before.
_ASKED = {None: "more", Verdict.LESS: "turned", Verdict.MORE: "wanted"}


# --- the reading list ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SavedLine:
    """A paper of the reading list."""

    paper_id: int
    paper: Shown
    title: str
    day: date  # it was saved
    wanted: bool  # whether more like it is asked for already


@router.api_route("/preferences/{token}/saved", methods=SHOW)
def show_saved(own: Own, page: PageNumber = 1, done: str = "", paper: AboutPaper = 0) -> Response:
    """The reading list."""
    store = own.site.app.store
    saved = store.saved.of(own.who)
    given = store.feedback.of([own.who])
    wanted = {one.paper_id for one in given if one.verdict is Verdict.MORE}
    pager = Pager.of(f"{own.here}/saved", len(saved), page)
    return own.show(
        "saved",
        lines=[_saved_line(kept, wanted) for kept in pager.part(saved)],
        total=len(saved),
        pager=pager,
        done=done,
        about=_titled(own, paper if done else 0),
    )


@router.api_route("/preferences/{token}/saved.{ending}", methods=SHOW)
def export_saved(own: Own, ending: Literal["bib", "ris", "csv"]) -> Response:
    """The reading list as a file."""
    content, kind = _file(ending, own.site.app.store.saved.of(own.who))
    return attachment(content, f"reading-list.{ending}", kind)


def _file(ending: str, saved: Sequence[SavedPaper]) -> tuple[bytes, str]:
    papers = [kept.paper for kept in saved]
    if ending == "bib":
        return citations.bibtex(papers).encode(), "application/x-bibtex"
    if ending == "ris":
        return citations.ris(papers).encode(), "application/x-research-info-systems"
    # Without the mark at its beginning spreadsheets take UTF-8 for something else.
    return citations.csv_of(saved).encode("utf-8-sig"), "text/csv"


@router.post("/preferences/{token}/saved/{paper_id}/{what}")
def change_saved(own: Own, paper_id: PaperId, what: Literal["remove", "keep", "more"]) -> Response:
    """Take a paper off the list, put it back, or ask for more like it."""
    store, now = own.site.app.store, own.site.now
    if what == "remove":
        store.saved.remove(own.who, paper_id)
    elif what == "keep" and _public(own, paper_id):
        store.saved.add(own.who, paper_id, now)
    elif what == "more":
        before = feedback.like_saved_paper(store, own.subscriber, paper_id, now)
        return own.back("/saved", done=_ASKED[before], paper=paper_id)
    return own.back("/saved", done=what, paper=paper_id)


def attachment(content: bytes, name: str, kind: str) -> Response:
    """A file to keep."""
    disposition = f'attachment; filename="{name}"'
    return Response(
        content,
        media_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


def _saved_line(kept: SavedPaper, wanted: set[int]) -> SavedLine:
    paper_id = kept.paper.stored_id
    return SavedLine(
        paper_id=paper_id,
        paper=shown(kept.paper),
        title=title_of(kept.paper),
        day=kept.saved_at,
        wanted=paper_id in wanted,
    )


def _titled(own: Visit, paper_id: int) -> tuple[int, str] | None:
    """The paper that something was done with, as (id, title)."""
    found = _public(own, paper_id)
    return (paper_id, title_of(found)) if found else None


def _public(own: Visit, paper_id: int) -> Paper | None:
    """A paper, unless nobody or only some reader's own file tells of it."""
    found = own.site.app.store.papers.by_ids([paper_id] if paper_id > 0 else []).get(paper_id)
    return found if found and found.source != UPLOADS else None


# --- past digests ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Month:
    """A month with digests. ``value`` is as addresses have it: 2026-11."""

    value: str

    @property
    def first(self) -> date:
        """Its first day."""
        return self.days[0]

    @property
    def days(self) -> tuple[date, date]:
        """Its first day, and that of the next month."""
        year, month = map(int, self.value.split("-"))
        return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


@router.api_route("/preferences/{token}/digests", methods=SHOW)
def show_digests(own: Own, month: str = "") -> Response:
    """The digests of a month, the last one unless another is named."""
    store = own.site.app.store
    months = _months(store.digests.days(own.who))
    at = next((place for place, one in enumerate(months) if one.value == month), 0)
    chosen = months[at] if months else None
    days = chosen.days if chosen else None
    digests = store.digests.of_subscriber(own.who, limit=None, days=days) if days else []
    return own.show(
        "archive",
        month=chosen,
        months=months,
        newer=months[at - 1] if at else None,
        older=next(iter(months[at + 1 :]), None),
        digests=digest_lines(own.site, digests),
    )


def _months(days: Sequence[date]) -> list[Month]:
    return list(dict.fromkeys(Month(f"{day:%Y-%m}") for day in days))


def digest_lines(site: Site, digests: Sequence[Digest]) -> list[DigestLine]:
    """Past digests with what became of their mails."""
    deliveries = site.app.store.ledger.of_digests([digest.stored_id for digest in digests])
    return [
        digest_line(digest, deliveries.get(digest.stored_id), site.app.links, site.pages)
        for digest in digests
    ]


# --- what was said ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaidLine:
    """A verdict on a paper."""

    paper_id: int
    paper: Shown
    title: str
    verdict: Verdict
    day: date
    profile: str  # empty when it was deleted


@router.api_route("/preferences/{token}/feedback", methods=SHOW)
def show_feedback(
    own: Own, page: PageNumber = 1, done: str = "", paper: AboutPaper = 0
) -> Response:
    """All verdicts, the last one first."""
    store = own.site.app.store
    every = store.feedback.of([own.who])[::-1]
    pager = Pager.of(f"{own.here}/feedback", len(every), page)
    chosen = pager.part(every)
    papers = store.papers.by_ids([given.paper_id for given in chosen])
    names = {profile.id: profile.name for profile in own.subscriber.profiles}
    return own.show(
        "history",
        lines=[_said_line(given, papers[given.paper_id], names) for given in chosen],
        total=len(every),
        pager=pager,
        done=done,
        about=_titled(own, paper if done else 0),
    )


@router.post("/preferences/{token}/feedback/{paper_id}/{what}")
def change_feedback(own: Own, paper_id: PaperId, what: Literal["more", "less", "undo"]) -> Response:
    """Take a verdict back, or turn it around."""
    store = own.site.app.store
    if what == "undo":
        feedback.undo(store, own.who, paper_id)
    else:
        feedback.change(store, own.subscriber, paper_id, Verdict(what), own.site.now)
    return own.back("/feedback", done=what, paper=paper_id)


def _said_line(given: Feedback, paper: Paper, names: dict[int | None, str]) -> SaidLine:
    return SaidLine(
        paper_id=given.paper_id,
        paper=shown(paper),
        title=title_of(paper),
        verdict=given.verdict,
        day=given.given_at,
        profile=names.get(given.profile_id, ""),
    )
