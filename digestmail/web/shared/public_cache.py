"""The public pages' caching headers (RFC 9110, 9111), and how fast a network may ask for them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Depends, HTTPException, Request
from fastapi.responses import Response

from digestmail import __version__
from digestmail.app import App
from digestmail.web.shared.rate_limits import TokenBuckets
from digestmail.web.shared.request_context import Context, RequestContext
from digestmail.web.shared.static_files import static_folder, static_version

_CACHE_CONTROL = "public, max-age=60"


@dataclass(frozen=True, slots=True)
class PublicCache:
    """Entity tags and token buckets of the public pages.

    ``release`` changes with the templates, the settings they show and the program's version.
    """

    buckets: TokenBuckets
    release: str

    def etag(self, context: RequestContext, address: str) -> str:
        """Return a tag that changes with whatever a public page may show.

        It changes with the hour too, as lists grow old. Each address has another one: who has a
        tag knows that there is a page.
        """
        app, now = context.app, context.now
        state = (
            self.release,
            address,
            context.pages.words.language,
            app.trending.states(now),
            app.search_service.state,
            f"{now:%Y-%m-%d %H}",
        )
        return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:20]}"'


def make_public_cache(app: App) -> PublicCache:
    """Return the cache of an App's public pages."""
    environment = app.renderer.environment
    loader = environment.loader
    names = environment.list_templates(extensions=["html", "po"])
    sources = [loader.get_source(environment, name)[0] for name in names] if loader else []
    files = static_version(static_folder(app))
    settings = (__version__, files, app.settings.service_name, app.settings.public_url)
    release = hashlib.sha256(repr((settings, sources)).encode()).hexdigest()
    return PublicCache(TokenBuckets(), release)


def cached(request: Request, context: RequestContext, render: Callable[[], Response]) -> Response:
    """Return the page that ``render`` makes, for caches; 304 where theirs is still good.

    A redirection or an error page is left as it is.
    """
    cache: PublicCache = request.app.state.public_cache
    etag = cache.etag(context, f"{request.url.path}?{request.url.query}")
    headers = {"ETag": etag, "Cache-Control": _CACHE_CONTROL, **context.languages.headers}
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    page = render()
    if page.status_code == 200:
        page.headers.update(headers)
    return page


def _matches(if_none_match: str, etag: str) -> bool:
    """Return whether If-None-Match names an entity tag, compared weakly (RFC 9110, 13.1.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags


def _throttled(request: Request, context: Context) -> None:
    cache: PublicCache = request.app.state.public_cache
    seconds = cache.buckets.wait(context.networks.of(request))
    if seconds:
        raise HTTPException(429, headers={"Retry-After": str(seconds)})


Throttled = Depends(_throttled)  # for a router whose pages are public
