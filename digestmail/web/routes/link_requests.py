"""The form that has a new preferences link mailed."""

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digestmail.errors import InputError
from digestmail.mail.address import checked_address
from digestmail.web.routes.confirmations import Outcome, redirect_to_outcome
from digestmail.web.shared.form_token import is_robot
from digestmail.web.shared.forms import FormView, PostedTexts, problems_of
from digestmail.web.shared.request_context import READ_METHODS, Context, RequestContext

router = APIRouter()


@router.api_route("/preferences", methods=READ_METHODS)
def ask_for_link(context: Context) -> Response:
    """Show the form."""
    return _form_page(context, FormView({"email": ""}))


@router.post("/preferences")
def mail_link(context: Context, request: Request, texts: PostedTexts) -> Response:
    """Mail a new link; the answer is the same whether or not the address is known."""
    answer = redirect_to_outcome(context, Outcome.LINK, texts.get("email", "").strip())
    if is_robot(texts):
        return answer
    form = FormView({"email": texts.get("email", "")})
    try:
        email = checked_address(form.values["email"], local=False)
    except InputError as error:
        return _form_page(context, replace(form, problems=problems_of(error)), status=422)
    if not context.form_guard.is_fresh(texts, context.now):
        return _form_page(context, form, status=422, stale=True)
    context.count(request)
    subscriptions = context.app.subscriptions
    answer.background = context.later(partial(subscriptions.mail_link, email, context.now))
    return answer


def _form_page(
    context: RequestContext, form: FormView, *, status: int = 200, stale: bool = False
) -> Response:
    return context.pages.render(
        "mail_link", status, form=form, stale=stale, form_token=context.form_token
    )
