"""The public form: who wants the digest, and what should be in it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from digestmail.errors import FormError
from digestmail.web.forms import (
    FormView,
    Posted,
    Texts,
    again,
    application_texts,
    checked_application,
)
from digestmail.web.site import SHOW, Ours, Site, is_robot

router = APIRouter()


@router.api_route("/", methods=SHOW)
@router.api_route("/subscribe", methods=SHOW)
def form(site: Ours, request: Request) -> Response:
    """The form, filled in with what the query names."""
    given = dict(request.query_params)
    return _form(site, FormView(application_texts(given)), guess="timezone" not in given)


@router.post("/subscribe")
def subscribe(site: Ours, request: Request, values: Posted) -> Response:
    """Take the form; the answer is the same whether or not the address is known."""
    if is_robot(values):
        return _answer(site, values)
    empty = FormView(application_texts({}))
    try:
        asked = checked_application(values, site.app.new_profile)
    except FormError as error:
        return _form(site, again(empty, values, error), status=422)
    if not site.is_fresh(values):
        return _form(site, FormView(application_texts(values)), status=422, stale=True)
    site.count(request)
    site.app.desk.subscribe(asked.email, asked.profile, asked.schedule, site.now)
    answer = _answer(site, values)
    answer.background = site.letters
    return answer


def _form(
    site: Site, shown: FormView, *, status: int = 200, guess: bool = False, stale: bool = False
) -> Response:
    return site.pages.show(
        "subscribe",
        status,
        form=shown,
        guess=guess,
        stale=stale,
        form_token=site.form_token,
    )


def _answer(site: Site, values: Texts) -> Response:
    email = values.get("email", "").strip()
    return site.pages.show("answer", about="confirm", email=email)
