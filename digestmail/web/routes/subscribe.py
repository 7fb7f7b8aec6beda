"""The public form: who wants the digest, what should be in it, and what that would have brought."""

from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from digestmail.addresses import readable_address
from digestmail.errors import FormError
from digestmail.web.routes.confirmations import Done, lead_to_done
from digestmail.web.shared.forms import (
    FormView,
    PostedWithFile,
    Texts,
    again,
    application_texts,
    checked_application,
    tried_profile,
)
from digestmail.web.shared.site import PREVIEWS, READS, SHOW, FormToken, Ours, Site, Turn, is_robot
from digestmail.web.shared.submitted_profile import CARRIED, Wish, wish_of, with_suggestion
from digestmail.web.views.previews import FRAGMENT, START, PreviewView, fragment, view_of

router = APIRouter()


@router.api_route("/subscribe", methods=SHOW)
def form(site: Ours, request: Request) -> Response:
    """The form, filled in with what the query names."""
    given = _of_a_stranger(request.query_params)
    return _form(site, FormView(application_texts(given)), guess="timezone" not in given)


@router.post("/subscribe", dependencies=[Turn])
def subscribe(site: Ours, request: Request, sent: PostedWithFile) -> Response:
    """Take the form; the answer is the same whether or not the address is known."""
    values = sent.texts
    if is_robot(values):
        return _answer(site, values)
    if not site.is_ours(values):
        shown = FormView(application_texts(_of_a_stranger(values)))
        return _form(site, shown, status=422, stale=True)
    site.count(request, READS)  # before a file is read: that takes its time
    empty = FormView(application_texts({}))
    wish = wish_of(site, sent)
    try:
        asked = checked_application(wish.values, site.app.new_profile, wish.problems)
    except FormError as error:
        shown = again(empty, wish.texts, error)
        return _form(site, shown, status=422, wish=wish, token=site.token_again(values))
    if not site.is_fresh(values):
        shown = FormView(application_texts(wish.texts))
        token = site.token_again(values)
        return _form(site, shown, status=422, stale=True, wish=wish, token=token)
    site.count(request)
    answer = _answer(site, values, wish)
    answer.background = site.later(
        partial(
            site.app.subscriptions.subscribe,
            asked.email,
            asked.profile,
            asked.schedule,
            site.now,
            wish.seeds.uploads,
            language=site.pages.words.language,
        )
    )
    return answer


@router.post("/subscribe/preview", dependencies=[Turn])
def show_preview(site: Ours, request: Request, sent: PostedWithFile) -> Response:
    """What the form would have brought last week, within the form or, for page.js, alone."""
    if is_robot(sent.texts) or not site.is_ours(sent.texts):
        raise HTTPException(400)
    site.count(request, PREVIEWS)
    wish = wish_of(site, with_suggestion(sent))
    profile, problems = tried_profile(wish.values, site.app.new_profile)
    problems = problems | wish.problems
    weekly = sent.texts.get("rhythm") == "weekly"
    view = view_of(site.app.previews, profile, wish.seeds, site.pages.words, weekly=weekly)
    if FRAGMENT in request.headers:
        action = f"{site.pages.base}/subscribe/preview#preview"
        return fragment(site, view, wish, problems, form="subscribe", action=action)
    shown = FormView(application_texts(_boxes_as_sent(wish.texts)), problems)
    return _form(site, shown, wish=wish, view=view, token=site.token_again(sent.texts))


def _of_a_stranger(given: Texts) -> dict[str, str]:
    """What a link or a form of another site may fill in: all but the hidden uploads."""
    return {name: text for name, text in given.items() if name != CARRIED}


def _boxes_as_sent(texts: Texts) -> Mapping[str, str]:
    """Browsers leave out boxes that are not ticked."""
    return {"weekdays": "", **texts}


def _form(
    site: Site,
    shown: FormView,
    *,
    status: int = 200,
    guess: bool = False,
    stale: bool = False,
    wish: Wish | None = None,
    view: PreviewView = START,
    token: FormToken | None = None,
) -> Response:
    page = site.pages.show(
        "subscribe",
        status,
        form=shown,
        guess=guess,
        stale=stale,
        filled=wish.filled if wish else None,
        view=view,
        form_token=token or site.form_token,
    )
    if wish or stale or status != 200:
        # An answer to a form: unless browsers may keep it, going back asks to send it once more.
        page.headers["Cache-Control"] = "private, no-cache"
    return page


def _answer(site: Site, values: Texts, wish: Wish | None = None) -> Response:
    email = values.get("email", "").strip()
    if wish and wish.filled:  # what became of the file is told nowhere else
        return site.pages.show("answer", about="confirm", email=email, filled=wish.filled)
    return lead_to_done(site, Done.CONFIRM, email)


# --- the form on other sites -----------------------------------------------------------------


@router.api_route("/embed", methods=SHOW)
def embed(site: Ours) -> Response:
    """The form as plain HTML to put on another page."""
    return site.pages.show("embed", home=site.app.links.home)


# --- who did not ask -------------------------------------------------------------------------


@router.api_route("/never/{token}", methods=SHOW)
def ask_to_refuse(site: Ours, token: str) -> Response:
    """The button by which who did not ask for a mail refuses all others."""
    subscriber = site.app.subscriptions.refuser(token)
    return site.pages.show(
        "never", token=token, email=readable_address(subscriber.email) if subscriber else ""
    )


@router.post("/never/{token}")
def refuse(site: Ours, token: str) -> Response:
    """Never mail that address again."""
    site.app.subscriptions.refuse(token, site.now)
    return lead_to_done(site, Done.REFUSED)
