"""The short form: an address, and the day's trending papers come once a day."""

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digestmail.web.routes.confirmations import Outcome, redirect_to_outcome
from digestmail.web.shared.form_token import (
    MIN_FILLING_TIME_OF_ADDRESS,
    FormToken,
    is_robot,
)
from digestmail.web.shared.forms import FormView, Posted, PostedTexts
from digestmail.web.shared.rate_limits import PREVIEWS
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext
from digestmail.web.shared.subscription_form import (
    parse_trending_subscription,
    prefilled_texts,
    subscription_texts,
)
from digestmail.web.views.field_checks import field_problems

router = APIRouter()


@router.api_route("/subscribe/trending", methods=READ_METHODS)
def trending_form(context: Context, request: Request) -> Response:
    """Show the form, filled in with the fields of the query."""
    query = request.query_params
    form = FormView(prefilled_texts(query))
    return _form_page(context, form, guess="timezone" not in query)


@router.post("/subscribe/trending")
def subscribe(context: Context, request: Request, posted: Posted) -> Response:
    """Take the form; the answer is the same whether or not the address is known."""
    texts, guard = posted.texts, context.form_guard
    answer = redirect_to_outcome(context, Outcome.CONFIRM, texts.get("email", "").strip())
    if is_robot(texts):
        return answer
    if not guard.is_issued_here(texts, context.now):
        form = FormView(prefilled_texts(texts))
        return _form_page(context, form, status=422, stale=True)
    submitted = parse_trending_subscription(context, posted)
    is_stale = not submitted.problems and not guard.is_fresh(
        texts, context.now, MIN_FILLING_TIME_OF_ADDRESS
    )
    if submitted.problems or is_stale:
        form = FormView(subscription_texts({})).retry(submitted.texts, submitted.problems)
        token = guard.reissue(texts, context.now)
        return _form_page(context, form, status=422, stale=is_stale, token=token)
    context.count(request)
    answer.background = context.later(partial(submitted.request, context, context.now))
    return answer


@router.post("/subscribe/check")
def check_fields(context: Context, request: Request, texts: PostedTexts) -> Response:
    """Return what is wrong with the fields that were sent, for page.js to put beside them."""
    if is_robot(texts) or not context.form_guard.is_issued_here(texts, context.now):
        return Response(status_code=400)
    context.count(request, PREVIEWS)
    form = FormView(texts, field_problems(context, texts))
    return context.pages.render("field_problems", form=form)


def _form_page(
    context: RequestContext,
    form: FormView,
    *,
    status: int = 200,
    guess: bool = False,
    stale: bool = False,
    token: FormToken | None = None,
) -> Response:
    page = context.pages.render(
        "subscribe_trending",
        status,
        form=form,
        guess=guess,
        stale=stale,
        form_token=token or context.form_token,
    )
    if status != 200:
        page.headers["Cache-Control"] = "private, no-cache"  # so that going back shows it again
    return page
