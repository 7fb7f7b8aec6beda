"""A subscriber's reading list, as a page and as files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from digestmail.domain import Paper, SavedPaper, Verdict
from digestmail.steps.reading import citations, feedback
from digestmail.store.papers import UPLOADS
from digestmail.web.shared.account_session import AccountSession, Session
from digestmail.web.shared.request_context import READ_METHODS
from digestmail.web.views.pagination import paginate
from digestmail.web.views.paper_view import PaperSummary, paper_summary, title_of

router = APIRouter()
_MAX_ID = 2**31 - 1  # of PostgreSQL
PaperId = Annotated[int, Path(ge=1, le=_MAX_ID)]
NoticePaperId = Annotated[int, Query(alias="paper", le=_MAX_ID)]
NoticeAction = Annotated[str, Query(alias="done")]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]
# The notice after "more", by the verdict on the paper before.
_MORE_NOTICES = {None: "more", Verdict.LESS: "turned", Verdict.MORE: "wanted"}


@dataclass(frozen=True, slots=True)
class SavedLine:
    """A paper of the reading list."""

    paper_id: int
    paper: PaperSummary
    title: str
    day: date  # it was saved
    is_liked: bool  # whether more like it is asked for already


@router.api_route("/preferences/{token}/saved", methods=READ_METHODS)
def show_saved(
    session: Session, page: PageNumber = 1, action: NoticeAction = "", paper_id: NoticePaperId = 0
) -> Response:
    """Show the reading list."""
    store = session.context.app.store
    saved = store.saved.of(session.subscriber_id)
    verdicts = store.feedback.of([session.subscriber_id])
    liked = {verdict.paper_id for verdict in verdicts if verdict.verdict is Verdict.MORE}
    entries, pager = paginate(saved, page, f"{session.path}/saved")
    return session.render(
        "saved",
        lines=[_saved_line(entry, liked) for entry in _with_lines(session, entries)],
        total=len(saved),
        pager=pager,
        done=action,
        about=notice_paper(session, paper_id if action else 0),
    )


@router.api_route("/preferences/{token}/saved.{ending}", methods=READ_METHODS)
def export_saved(session: Session, ending: Literal["bib", "ris", "csv"]) -> Response:
    """Return the reading list as a file."""
    saved = session.context.app.store.saved.of(session.subscriber_id)
    content, media_type = _file(ending, saved)
    return attachment(content, f"reading-list.{ending}", media_type)


def _file(ending: str, saved: Sequence[SavedPaper]) -> tuple[bytes, str]:
    papers = [entry.paper for entry in saved]
    if ending == "bib":
        return citations.bibtex(papers).encode(), "application/x-bibtex"
    if ending == "ris":
        return citations.ris(papers).encode(), "application/x-research-info-systems"
    # Without the mark at its beginning spreadsheets take UTF-8 for something else.
    return citations.csv_of(saved).encode("utf-8-sig"), "text/csv"


@router.post("/preferences/{token}/saved/{paper_id}/{action}")
def change_saved(
    session: Session, paper_id: PaperId, action: Literal["remove", "keep", "more"]
) -> Response:
    """Take a paper off the list, put it back, or ask for more like it."""
    store, now = session.context.app.store, session.context.now
    notice: str = action
    if action == "remove":
        store.saved.remove(session.subscriber_id, paper_id)
    elif action == "keep" and _public_paper(session, paper_id):
        store.saved.add(session.subscriber_id, paper_id, now)
    elif action == "more":
        before = feedback.like_saved_paper(store, session.subscriber, paper_id, now)
        notice = _MORE_NOTICES[before]
    return session.redirect("/saved", done=notice, paper=paper_id)


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """Return a file to keep."""
    return Response(
        content,
        media_type=f"{media_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _with_lines(session: Session, entries: Sequence[SavedPaper]) -> list[SavedPaper]:
    papers = session.context.with_lines(entry.paper for entry in entries)
    return [replace(e, paper=paper) for e, paper in zip(entries, papers, strict=True)]


def _saved_line(entry: SavedPaper, liked: set[int]) -> SavedLine:
    paper_id = entry.paper.stored_id
    return SavedLine(
        paper_id=paper_id,
        paper=paper_summary(entry.paper),
        title=title_of(entry.paper),
        day=entry.saved_at,
        is_liked=paper_id in liked,
    )


def notice_paper(session: AccountSession, paper_id: int) -> tuple[int, str] | None:
    """Return the paper that a notice is about, as (id, title)."""
    paper = _public_paper(session, paper_id)
    return (paper_id, title_of(paper)) if paper else None


def _public_paper(session: AccountSession, paper_id: int) -> Paper | None:
    """Return a paper, unless it is unknown or only some reader's own file describes it."""
    ids = [paper_id] if paper_id > 0 else []
    paper = session.context.app.store.papers.by_ids(ids).get(paper_id)
    return paper if paper and paper.source != UPLOADS else None
