"""The public form: a visitor's address, profile and schedule, and a preview of that profile."""

from functools import partial

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from digestmail.addresses import readable_address
from digestmail.steps.subscribers.uploaded_library import Filled
from digestmail.web.routes.confirmations import Outcome, redirect_to_outcome
from digestmail.web.shared.form_token import FormToken, is_robot
from digestmail.web.shared.forms import FormView, Posted, Texts
from digestmail.web.shared.profile_form import with_suggestion
from digestmail.web.shared.rate_limits import PREVIEWS, READS
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext, Turn
from digestmail.web.shared.schedule_form import is_weekly
from digestmail.web.shared.subscription_form import (
    SubmittedSubscription,
    asks_for_trending,
    parse_signup_profile,
    parse_subscription,
    prefilled_texts,
    subscription_texts,
)
from digestmail.web.views.previews import (
    FRAGMENT,
    START,
    PreviewView,
    preview_view,
    render_fragment,
)

router = APIRouter()
# Of an answer to a form: unless browsers may keep it, going back asks to send it once more.
_ANSWER_CACHE_CONTROL = "private, no-cache"


@router.api_route("/subscribe", methods=READ_METHODS)
def subscribe_form(context: Context, request: Request) -> Response:
    """Show the form, filled in with the fields of the query; or that of the trending digest."""
    query = request.query_params
    if asks_for_trending(query):
        return RedirectResponse(f"{context.pages.base}/subscribe/trending?{query}", 302)
    form = FormView(prefilled_texts(query))
    return _form_page(context, form, guess="timezone" not in query)


@router.post("/subscribe", dependencies=[Turn])
def subscribe(context: Context, request: Request, posted: Posted) -> Response:
    """Take the form; the answer is the same whether or not the address is known."""
    texts, guard = posted.texts, context.form_guard
    if is_robot(texts):
        return _answer(context, texts)
    if not guard.is_issued_here(texts, context.now):
        form = FormView(prefilled_texts(texts))
        return _form_page(context, form, status=422, stale=True)
    context.count(request, READS)  # before a file is read: that takes its time
    submitted = parse_subscription(context, posted)
    is_stale = not submitted.problems and not guard.is_fresh(texts, context.now)
    if submitted.problems or is_stale:
        return _retry_page(context, texts, submitted, stale=is_stale)
    context.count(request)
    answer = _answer(context, texts, submitted.profile.filled)
    answer.background = context.later(partial(submitted.request, context, context.now))
    return answer


@router.post("/subscribe/preview", dependencies=[Turn])
def show_preview(context: Context, request: Request, posted: Posted) -> Response:
    """Show last week's papers of the form's profile, within the form or, for page.js, alone."""
    texts = posted.texts
    if is_robot(texts) or not context.form_guard.is_issued_here(texts, context.now):
        raise HTTPException(400)
    context.count(request, PREVIEWS)
    submitted = parse_signup_profile(context, with_suggestion(posted))
    view = preview_view(context, submitted, weekly=is_weekly(texts))
    if FRAGMENT in request.headers:
        action = f"{context.pages.base}/subscribe/preview#preview"
        return render_fragment(context, view, submitted, form_id="subscribe", action=action)
    # Browsers leave out boxes that are not ticked.
    form = FormView(subscription_texts({"weekdays": "", **submitted.texts}), submitted.problems)
    token = context.form_guard.reissue(texts, context.now)
    page = _form_page(context, form, filled=submitted.filled, view=view, token=token)
    page.headers["Cache-Control"] = _ANSWER_CACHE_CONTROL
    return page


def _form_page(
    context: RequestContext,
    form: FormView,
    *,
    status: int = 200,
    guess: bool = False,
    stale: bool = False,
    filled: Filled | None = None,
    view: PreviewView = START,
    token: FormToken | None = None,
) -> Response:
    page = context.pages.render(
        "subscribe",
        status,
        form=form,
        guess=guess,
        stale=stale,
        filled=filled,
        view=view,
        form_token=token or context.form_token,
    )
    if status != 200:
        page.headers["Cache-Control"] = _ANSWER_CACHE_CONTROL
    return page


def _retry_page(
    context: RequestContext, texts: Texts, submitted: SubmittedSubscription, *, stale: bool
) -> Response:
    """Return the form with what was typed, because of problems or because it is ``stale``."""
    if stale:
        form = FormView(subscription_texts(submitted.texts))
    else:
        form = FormView(subscription_texts({})).retry(submitted.texts, submitted.problems)
    token = context.form_guard.reissue(texts, context.now)
    filled = submitted.profile.filled
    return _form_page(context, form, status=422, stale=stale, filled=filled, token=token)


def _answer(context: RequestContext, texts: Texts, filled: Filled | None = None) -> Response:
    email = texts.get("email", "").strip()
    if filled:  # what became of the file is told nowhere else
        return context.pages.render("answer", about="confirm", email=email, filled=filled)
    return redirect_to_outcome(context, Outcome.CONFIRM, email)


# --- the form on other sites -----------------------------------------------------------------


@router.api_route("/embed", methods=READ_METHODS)
def embed(context: Context) -> Response:
    """Show the form as plain HTML to put on another page."""
    return context.pages.render("embed", home=context.app.links.home)


# --- who did not ask -------------------------------------------------------------------------


@router.api_route("/never/{token}", methods=READ_METHODS)
def ask_to_refuse(context: Context, token: str) -> Response:
    """Show the button by which who did not ask for a mail refuses all others."""
    subscriber = context.app.subscriptions.refuser(token)
    email = readable_address(subscriber.email) if subscriber else ""
    return context.pages.render("never", token=token, email=email)


@router.post("/never/{token}")
def refuse(context: Context, token: str) -> Response:
    """Never mail that address again."""
    context.app.subscriptions.refuse(token, context.now)
    return redirect_to_outcome(context, Outcome.REFUSED)
