"""The pages that answer an error, by its kind."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from digestmail.errors import (
    DigestmailError,
    EarlierSubscriptionError,
    InputError,
    LeftError,
    NotFoundError,
    StoreError,
    TokenError,
)
from digestmail.web.shared.capacity import CapacityError
from digestmail.web.shared.forms import FormView
from digestmail.web.shared.request_context import request_context

log = logging.getLogger(__name__)
_UNAVAILABLE_RETRY = "30"  # seconds, where the database or the search is not ready
_BUSY_RETRY = "3"  # seconds, where the turn of a request did not come
_STATUS: dict[type[Exception], int] = {NotFoundError: 404, InputError: 409, StoreError: 503}


def add_error_pages(web: FastAPI) -> None:
    """Answer each kind of error with its page."""
    web.add_exception_handler(HTTPException, _http_error)
    web.add_exception_handler(RequestValidationError, _unknown_address)
    web.add_exception_handler(TokenError, _lost_link)
    web.add_exception_handler(DigestmailError, _failure)
    web.add_exception_handler(CapacityError, _busy)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette's handlers are typed widely
    page = request_context(request).pages.error(error.status_code)
    page.headers.update(error.headers or {})
    return page


async def _unknown_address(request: Request, _: Exception) -> Response:
    return request_context(request).pages.error(404)


async def _lost_link(request: Request, error: Exception) -> Response:
    """Tell why a link does not work, and offer another."""
    assert isinstance(error, TokenError)  # noqa: S101 - see above
    context = request_context(request)
    why = _why_lost(error)
    return context.pages.render(
        "lost_link",
        410 if why else 404,
        why=why,
        confirming=request.scope["route"].path.startswith("/confirm/"),
        form=FormView({"email": ""}),
        form_token=context.form_token,
    )


def _why_lost(error: TokenError) -> str:
    if isinstance(error, LeftError):
        return "left"
    if isinstance(error, EarlierSubscriptionError):
        return "earlier"
    return "aged" if error.aged else ""


async def _failure(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    if status >= 500:
        log.error("%s: %s", request.scope["route"].path, error)
    page = request_context(request).pages.error(status)
    if status == 503:
        page.headers["Retry-After"] = _UNAVAILABLE_RETRY
    return page


async def _busy(request: Request, error: Exception) -> Response:
    assert isinstance(error, CapacityError)  # noqa: S101 - see above
    page = request_context(request).pages.error(429 if error.network else 503)
    page.headers["Retry-After"] = _BUSY_RETRY
    return page
