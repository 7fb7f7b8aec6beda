"""The ASGI application of the pages: its routes, its middleware, and its start and end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from digestmail.app import App
from digestmail.web.error_pages import add_error_pages
from digestmail.web.routes import (
    capability_links,
    confirmations,
    data_export,
    link_requests,
    mail_links,
    paper_options,
    papers,
    past_digests,
    preferences,
    profiles,
    reading_list,
    search,
    service,
    submitted_profile,
    subscribe,
    subscription_links,
    trending,
    trending_subscription,
    verdicts,
    webhooks,
)
from digestmail.web.shared.altcha import ProofOfWork
from digestmail.web.shared.background_mailer import BackgroundMailer
from digestmail.web.shared.bodies import BodyLimit
from digestmail.web.shared.form_token import FormGuard, form_tokens
from digestmail.web.shared.languages import make_languages
from digestmail.web.shared.middleware import (
    BelowPath,
    SecurityHeaders,
    TokenPaths,
    UnexpectedErrors,
)
from digestmail.web.shared.networks import Networks
from digestmail.web.shared.public_cache import make_public_cache
from digestmail.web.shared.request_context import RequestContext
from digestmail.web.shared.static_files import static_folder

ROUTERS = tuple(
    module.router
    for module in (
        webhooks,
        subscribe,
        trending_subscription,
        subscription_links,
        mail_links,
        paper_options,
        link_requests,
        preferences,
        profiles,
        submitted_profile,
        reading_list,
        past_digests,
        verdicts,
        data_export,
        capability_links,
        service,
        trending,
        search,
        papers,
        confirmations,
    )
)


def make_web(app: App) -> FastAPI:
    """Return the web pages of an App, under the path of its ``public_url``.

    The caller must keep access logs off, since addresses hold tokens, and must not let the server
    rewrite the client's address from headers: ``web.trusted_proxies`` is for that.
    """
    languages = make_languages(app)
    pages = languages.english
    networks = Networks(app.settings.web.trusted_proxies)
    secret = app.settings.secret_key.get_secret_value()
    mailer = BackgroundMailer(app.deliver_letters)
    web = FastAPI(openapi_url=None, redirect_slashes=False, lifespan=_lifespan_of(app, mailer))
    proof_of_work = ProofOfWork(app.store, secret) if app.settings.web.altcha else None
    form_guard = FormGuard(form_tokens(app.settings), proof_of_work)
    web.state.context = RequestContext(app, pages, networks, mailer, languages, form_guard)
    web.state.public_cache = make_public_cache(app)
    web.state.webhooks = webhooks.make_webhooks(app.settings.bounces)
    for router in ROUTERS:
        web.include_router(router)
    web.mount("/static", StaticFiles(directory=static_folder(app)))
    add_error_pages(web)
    file_page = languages.file_too_large
    web.add_middleware(BodyLimit, error=languages.error, file_page=file_page, networks=networks)
    web.add_middleware(UnexpectedErrors, page=languages.error(500))
    web.add_middleware(SecurityHeaders, extra=languages.headers)
    web.add_middleware(TokenPaths)
    web.add_middleware(BelowPath, path=pages.base)  # the last one added is the outermost
    return web


def _lifespan_of(
    app: App, mailer: BackgroundMailer
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what makes search and previews ready in the background while pages are served.

    At the end it lets letters in flight finish: a thread cut off by the process's end could not
    write down what the relay answers.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        app.search_service.start()
        app.previews.recent_model()
        yield
        app.search_service.stop()
        app.previews.close()
        await asyncio.to_thread(mailer.finish)

    return lifespan
