"""Where the links of a paper in a mail lead: feedback, the reading list, and why it was picked.

Each opens a page with a button, and the button acts. The pages press theirs by themselves where a
person looks at them (static/tap.js).
"""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from digestmail.domain import Verdict
from digestmail.errors import LeftError
from digestmail.render.cleaning import clean
from digestmail.steps.reading import auto_submit, feedback
from digestmail.steps.reading.auto_submit import Answer
from digestmail.web.shared.forms import PostedTexts
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext
from digestmail.web.views.digest_lines import item_title
from digestmail.web.views.paper_view import paper_path
from digestmail.web.views.reasons import reason_lines

router = APIRouter()
Position = Annotated[int, Path(ge=1, le=1000)]
_Action = Literal["more", "less", "undone", "saved", "unsaved"]

_MAX_PROFILE = 80
_BY_ITSELF = "by_itself"  # what static/tap.js adds to the form it posts
_TURNS_ROUND = "turns_round"  # a field of the buttons on the page that thanks
_REFUSED = 429


@router.api_route("/feedback/{token}/{position}", methods=READ_METHODS)
def thank(
    context: Context,
    token: str,
    position: Position,
    action: Annotated[_Action, Query(alias="done")],
    new: bool = False,
) -> Response:
    """Show what a link has changed, as it stands now."""
    return _mailed_paper(context, token, position).thanks(action, is_new=new)


@router.api_route("/feedback/{token}/{position}/{verdict}", methods=READ_METHODS)
def ask_for_feedback(
    context: Context, token: str, position: Position, verdict: Verdict
) -> Response:
    """Show the button that says more or less; where a person looks, the page presses it."""
    return _mailed_paper(context, token, position).page("feedback", verdict=verdict, presses=True)


@router.post("/feedback/{token}/{position}/undo")
def take_feedback_back(context: Context, token: str, position: Position) -> Response:
    """Take more or less back."""
    mailed = _mailed_paper(context, token, position)
    feedback.undo(context.app.store, mailed.reader, mailed.paper.item.paper.stored_id)
    return mailed.lead_on("undone")


@router.post("/feedback/{token}/{position}/{verdict}")
def give_feedback(
    context: Context, token: str, position: Position, verdict: Verdict, posted: PostedTexts
) -> Response:
    """Say more or less."""
    mailed, store = _mailed_paper(context, token, position), context.app.store
    before = feedback.verdict_on(store, mailed.paper)
    if _BY_ITSELF in posted:
        answer = auto_submit.submit_verdict(store, mailed.paper, verdict, context.now)
    else:
        turns_round = _TURNS_ROUND in posted
        answer = auto_submit.press(
            store, mailed.paper, verdict, context.now, turns_round=turns_round
        )
    if answer is Answer.RECORDED:
        return mailed.lead_on(verdict, is_new=before is None)
    otherwise = before.verdict if before and answer is Answer.CONTRADICTED else ""
    status = 200 if otherwise else _REFUSED
    return mailed.page("feedback", status, verdict=verdict, presses=False, otherwise=otherwise)


@router.api_route("/save/{token}/{position}", methods=READ_METHODS)
def ask_to_save(context: Context, token: str, position: Position) -> Response:
    """Show the button that saves a paper; where a person looks, the page presses it."""
    return _mailed_paper(context, token, position).page("save", presses=True)


@router.post("/save/{token}/{position}")
def save(context: Context, token: str, position: Position, posted: PostedTexts) -> Response:
    """Put a paper on the reading list."""
    mailed, store = _mailed_paper(context, token, position), context.app.store
    was_saved = feedback.is_saved(store, mailed.paper)
    submit = auto_submit.save if _BY_ITSELF in posted else auto_submit.press_save
    if submit(store, mailed.paper, context.now) is not Answer.RECORDED:
        return mailed.page("save", _REFUSED, presses=False)
    return mailed.lead_on("saved", is_new=not was_saved)


@router.post("/save/{token}/{position}/undo")
def take_off_the_list(context: Context, token: str, position: Position) -> Response:
    """Take a paper off the reading list."""
    mailed = _mailed_paper(context, token, position)
    context.app.store.saved.remove(mailed.reader, mailed.paper.item.paper.stored_id)
    return mailed.lead_on("unsaved")


@router.api_route("/why/{token}/{position}", methods=READ_METHODS)
def why(context: Context, token: str, position: Position) -> Response:
    """Show why a paper was picked."""
    return _MailedPaper(context, token, position).page("why")


def _mailed_paper(context: RequestContext, token: str, position: int) -> "_MailedPaper":
    """Return the paper of a link that still works; LeftError when its reader has left."""
    mailed = _MailedPaper(context, token, position)
    if not auto_submit.is_reader(context.app.store, mailed.reader):
        raise LeftError("this link belongs to someone who unsubscribed")
    return mailed


class _MailedPaper:
    """The paper that a link of a mail is about."""

    def __init__(self, context: RequestContext, token: str, position: int) -> None:
        self._link = f"{token}/{position}"
        self.paper = feedback.paper_of_link(context.app.store, context.app.links, token, position)
        self.reader = self.paper.digest.subscriber_id
        self._context = context.in_language_of(self.reader)

    def lead_on(self, action: str, *, is_new: bool = False) -> Response:
        """Redirect to the page that thanks, so that going back sends nothing again."""
        new = "&new=yes" if is_new else ""
        return self._context.redirect(f"/feedback/{quote(self._link)}?done={action}{new}")

    def thanks(self, action: str, *, is_new: bool) -> Response:
        """Return the page that thanks for an action, or for what stands instead by now."""
        store = self._context.app.store
        verdict = feedback.verdict_on(store, self.paper)
        saved = feedback.is_saved(store, self.paper)
        current = verdict.verdict.value if verdict else "undone"
        stands = {"saved": saved, "unsaved": not saved}.get(action, action == current)
        return self.page(
            "thanks",
            done=action if stands else current,
            is_new=is_new and stands,
            grows=self._is_trending_only,
        )

    @property
    def _is_trending_only(self) -> bool:
        """Return whether what a reader likes is the beginning of a personal part."""
        reader = self._context.app.store.subscribers.get(self.reader)
        profiles = reader.profiles if reader else ()
        return any(p.id == self.paper.item.profile_id and p.is_trending_only for p in profiles)

    def page(self, name: str, status: int = 200, **names: object) -> Response:
        """Return a page about it. None leads to the preferences: digests are passed on."""
        item = self.paper.item
        return self._context.pages.render(
            name,
            status,
            here=self._link,
            title=item_title(item),
            paper_path=paper_path(item.paper.key),
            profile=clean(item.profile_name, _MAX_PROFILE),
            score=round(item.score * 100),
            reasons=reason_lines(item, self._context.pages.words),
            options=self._context.pages.local(
                self._context.app.links.options(self.paper.digest.stored_id, item.position)
            ),
            **names,
        )
