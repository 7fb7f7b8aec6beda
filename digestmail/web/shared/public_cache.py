"""What all public pages share: who may ask how fast, and answers that caches keep for a while."""

import hashlib
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Depends, HTTPException, Request
from fastapi.responses import Response
from jinja2 import Environment

from digestmail import __version__
from digestmail.app import App
from digestmail.web.shared.site import Ours, Site
from digestmail.web.shared.static_files import static_folder, static_version

_AT_ONCE = 120  # pages that a network may ask for in one go: scholars share addresses
_PER_SECOND = 10.0
_MOST_NETWORKS = 10_000  # remembered in some 2 MB
_KEPT = "public, max-age=60"


class Buckets:
    """A token bucket for each visitor's network, in memory: nothing is written for a page."""

    def __init__(
        self,
        at_once: int = _AT_ONCE,
        per_second: float = _PER_SECOND,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._rate = at_once, per_second
        self._monotonic = monotonic
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when
        self._lock = threading.Lock()

    def wait(self, network: str) -> int:
        """Take a token; returns 0, or the seconds until there is one again."""
        now = self._monotonic()
        with self._lock:
            left, then = self._left.pop(network, (float(self._most), now))
            left = min(left + (now - then) * self._rate, float(self._most))
            self._left[network] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > _MOST_NETWORKS:
                self._left.popitem(last=False)
        return 0 if left >= 1 else math.ceil((1 - left) / self._rate)


@dataclass(frozen=True, slots=True)
class Public:
    """``look`` changes with the templates, the settings they show and the program's version."""

    buckets: Buckets
    look: str

    def etag(self, site: Site, address: str) -> str:
        """Changes with whatever a public page may show; with the hour too, as lists grow old.

        Another one for each address: who has it knows that there is a page.
        """
        app, now = site.app, site.now
        seen = (
            self.look,
            address,
            site.pages.words.language,
            app.trending.states(now),
            app.search_service.state,
            f"{now:%Y-%m-%d %H}",
        )
        return f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:20]}"'


def make_public(app: App) -> Public:
    """For the pages of an App."""
    environment = app.renderer.environment
    files = static_version(static_folder(app))
    shown = (__version__, files, app.settings.service_name, app.settings.public_url)
    look = hashlib.sha256(repr((shown, _sources(environment))).encode()).hexdigest()
    return Public(Buckets(), look)


def _sources(environment: Environment) -> list[str]:
    loader = environment.loader
    names = environment.list_templates(extensions=["html", "po"])
    return [loader.get_source(environment, name)[0] for name in names] if loader else []


def kept(request: Request, site: Site, make: Callable[[], Response]) -> Response:
    """The answer that ``make`` makes, for caches; 304 instead where theirs is still good.

    What is no page (a redirection, an error) is left as it is.
    """
    public: Public = request.app.state.public
    etag = public.etag(site, f"{request.url.path}?{request.url.query}")
    headers = {"ETag": etag, "Cache-Control": _KEPT, **site.languages.headers}
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    answer = make()
    if answer.status_code == 200:
        answer.headers.update(headers)
    return answer


def _matches(asked: str, etag: str) -> bool:
    """Whether If-None-Match names an entity tag, as RFC 9110 compares them: weakly."""
    tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
    return etag in tags


def _counted(request: Request, site: Ours) -> None:
    public: Public = request.app.state.public
    seconds = public.buckets.wait(site.networks.of(request))
    if seconds:
        raise HTTPException(429, headers={"Retry-After": str(seconds)})


Counted = Depends(_counted)  # for a router whose pages are public
