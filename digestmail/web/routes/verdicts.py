"""A subscriber's verdicts on papers, to be taken back or turned around."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response

from digestmail.domain import Feedback, Paper, Verdict
from digestmail.steps.reading import feedback
from digestmail.web.routes.reading_list import (
    NoticeAction,
    NoticePaperId,
    PageNumber,
    PaperId,
    notice_paper,
)
from digestmail.web.shared.account_session import Session
from digestmail.web.shared.request_context import READ_METHODS
from digestmail.web.views.pagination import paginate
from digestmail.web.views.paper_view import PaperSummary, paper_summary, title_of

router = APIRouter()


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """A verdict on a paper."""

    paper_id: int
    paper: PaperSummary
    title: str
    verdict: Verdict
    day: date
    profile: str  # empty when it was deleted


@router.api_route("/preferences/{token}/feedback", methods=READ_METHODS)
def show_feedback(
    session: Session, page: PageNumber = 1, action: NoticeAction = "", paper_id: NoticePaperId = 0
) -> Response:
    """Show all verdicts, the last one first."""
    store = session.context.app.store
    verdicts = store.feedback.of([session.subscriber_id])[::-1]
    entries, pager = paginate(verdicts, page, f"{session.path}/feedback")
    papers = store.papers.by_ids([entry.paper_id for entry in entries])
    names = {profile.id: profile.name for profile in session.subscriber.profiles}
    return session.render(
        "history",
        lines=[_verdict_line(entry, papers[entry.paper_id], names) for entry in entries],
        total=len(verdicts),
        pager=pager,
        done=action,
        about=notice_paper(session, paper_id if action else 0),
    )


@router.post("/preferences/{token}/feedback/{paper_id}/{action}")
def change_feedback(
    session: Session, paper_id: PaperId, action: Literal["more", "less", "undo"]
) -> Response:
    """Take a verdict back, or turn it around."""
    store, now = session.context.app.store, session.context.now
    if action == "undo":
        feedback.undo(store, session.subscriber_id, paper_id)
    else:
        feedback.change(store, session.subscriber, paper_id, Verdict(action), now)
    return session.redirect("/feedback", done=action, paper=paper_id)


def _verdict_line(entry: Feedback, paper: Paper, names: dict[int | None, str]) -> VerdictLine:
    return VerdictLine(
        paper_id=entry.paper_id,
        paper=paper_summary(paper),
        title=title_of(paper),
        verdict=entry.verdict,
        day=entry.given_at,
        profile=names.get(entry.profile_id, ""),
    )
