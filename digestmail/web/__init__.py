"""The web: the public form, the pages behind the mails' links, and one's own page.

A thin shell over ``app``. Everything works without JavaScript; only POST changes anything.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from digestmail.app import App
from digestmail.errors import (
    DigestmailError,
    EarlierSubscriptionError,
    InputError,
    LeftError,
    NotFoundError,
    StoreError,
    TokenError,
)
from digestmail.web.routes import (
    capability_links,
    confirmations,
    data_export,
    library,
    mail_links,
    papers,
    preferences,
    service,
    subscribe,
    webhooks,
)
from digestmail.web.shared.altcha import Sums
from digestmail.web.shared.bodies import BodyLimit
from digestmail.web.shared.capacity import CapacityError
from digestmail.web.shared.forms import FormView
from digestmail.web.shared.languages import make_languages
from digestmail.web.shared.middleware import (
    BelowPath,
    SecurityHeaders,
    TokenPaths,
    UnexpectedErrors,
)
from digestmail.web.shared.networks import Networks
from digestmail.web.shared.public_cache import make_public
from digestmail.web.shared.site import Courier, Site, site_of
from digestmail.web.shared.static_files import static_folder
from digestmail.web.views.pages import Pages

log = logging.getLogger(__name__)
_AGAIN = "30"  # seconds, where the database or the search is not ready
_SOON = "3"  # seconds, where the turn of a request did not come
_STATUS: dict[type[Exception], int] = {NotFoundError: 404, InputError: 409, StoreError: 503}


def make_web(app: App) -> FastAPI:
    """The web pages of an App, under the path of its ``public_url``.

    The caller must keep access logs off, since addresses hold tokens, and must not let the server
    rewrite the client's address from headers: ``web.trusted_proxies`` is for that.
    """
    languages = make_languages(app)
    pages = languages.english
    networks = Networks(app.settings.web.trusted_proxies)
    secret = app.settings.secret_key.get_secret_value()
    courier = Courier(app.deliver_letters)
    web = FastAPI(openapi_url=None, redirect_slashes=False, lifespan=_at_work(app, courier))
    sums = Sums(app.store.guards, secret) if app.settings.web.altcha else None
    web.state.site = Site(app, pages, networks, courier, languages, sums)
    parts = (
        webhooks,
        subscribe,
        mail_links,
        preferences,
        library,
        data_export,
        capability_links,
        service,
        papers,
    )
    for part in (*parts, confirmations):
        web.include_router(part.router)
    web.state.public = make_public(app)
    web.state.webhooks = webhooks.webhooks(app.settings.bounces)
    web.mount("/static", StaticFiles(directory=static_folder(app)))
    _explain_errors(web)
    file_page = languages.file_too_large
    web.add_middleware(BodyLimit, error=languages.error, file_page=file_page, networks=networks)
    web.add_middleware(UnexpectedErrors, page=languages.error(500))
    web.add_middleware(SecurityHeaders, more=languages.headers)
    web.add_middleware(TokenPaths)
    web.add_middleware(BelowPath, path=pages.base)  # the last one added is the outermost
    return web


def _at_work(app: App, courier: Courier) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """While the pages are served, search and previews are made ready in the background.

    At the end letters in flight are finished: a thread cut off by the process's end could not
    write down what the relay answers.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        app.search_service.start()
        app.previews.recent_model()
        yield
        app.search_service.stop()
        app.previews.close()
        await asyncio.to_thread(courier.finish)

    return lifespan


def _explain_errors(web: FastAPI) -> None:
    web.add_exception_handler(HTTPException, _refused)
    web.add_exception_handler(RequestValidationError, _unknown_address)
    web.add_exception_handler(TokenError, _lost_link)
    web.add_exception_handler(DigestmailError, _failed)
    web.add_exception_handler(CapacityError, _busy)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette's handlers are typed widely
    page = _pages(request).error(error.status_code)
    page.headers.update(error.headers or {})
    return page


async def _unknown_address(request: Request, _: Exception) -> Response:
    return _pages(request).error(404)


async def _lost_link(request: Request, error: Exception) -> Response:
    """Tell what is wrong with a link, and offer another."""
    assert isinstance(error, TokenError)  # noqa: S101 - see above
    site = site_of(request)
    why = _why_lost(error)
    return site.pages.show(
        "lost_link",
        410 if why else 404,
        why=why,
        confirming=request.scope["route"].path.startswith("/confirm/"),
        form=FormView({"email": ""}),
        form_token=site.form_token,
    )


def _why_lost(error: TokenError) -> str:
    if isinstance(error, LeftError):
        return "left"
    if isinstance(error, EarlierSubscriptionError):
        return "earlier"
    return "aged" if error.aged else ""


async def _failed(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    if status >= 500:
        log.error("%s: %s", request.scope["route"].path, error)
    page = _pages(request).error(status)
    if status == 503:
        page.headers["Retry-After"] = _AGAIN
    return page


async def _busy(request: Request, error: Exception) -> Response:
    assert isinstance(error, CapacityError)  # noqa: S101 - see above
    page = _pages(request).error(429 if error.network else 503)
    page.headers["Retry-After"] = _SOON
    return page


def _pages(request: Request) -> Pages:
    return site_of(request).pages
