"""The languages of the pages, and which of them a visitor's browser prefers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from digestmail.app import App
from digestmail.render.locale import SOURCE_LANGUAGE, lookup
from digestmail.web.views.pages import Pages

_MAX_RANGES = 20  # of one header


@dataclass(frozen=True, slots=True)
class Languages:
    """The pages in each language there is, English among them, by RFC 5646 tag."""

    by_tag: Mapping[str, Pages]

    @property
    def english(self) -> Pages:
        """The pages that need no catalogue."""
        return self.by_tag[SOURCE_LANGUAGE]

    @property
    def names(self) -> dict[str, str]:
        """Return what each language calls itself, by tag."""
        return {tag: pages.words.own_name for tag, pages in self.by_tag.items()}

    @property
    def headers(self) -> dict[str, str]:
        """The headers by which caches keep the languages apart, where there are several."""
        return {"Vary": "Accept-Language"} if len(self.by_tag) > 1 else {}

    def named(self, tag: str) -> Pages | None:
        """Return the pages of the language that serves a tag, if there is one."""
        known = lookup(tag, self.by_tag)
        return self.by_tag[known] if known else None

    def negotiate(self, accept_language: str) -> Pages:
        """Return the pages in the best language of an Accept-Language header, else in English."""
        if len(self.by_tag) == 1:
            return self.english
        ranges = sorted(_ranges(accept_language), key=lambda weighted: -weighted[1])
        candidates = (self.named(tag) for tag, quality in ranges if quality > 0)
        return next(filter(None, candidates), self.english)

    def error(self, status: int) -> ASGIApp:
        """Return the page of an HTTP status in each request's language, rendered beforehand."""
        rendered = {tag: pages.error(status) for tag, pages in self.by_tag.items()}

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            pages = self.negotiate(Headers(scope=scope).get("accept-language", ""))
            await rendered[pages.words.language](scope, receive, send)

        return answer

    def file_too_large(self, filename: str) -> ASGIApp:
        """Return the page that refuses a file for its size, in each request's language."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            pages = self.negotiate(Headers(scope=scope).get("accept-language", ""))
            await pages.file_too_large(filename)(scope, receive, send)

        return answer


def make_languages(app: App) -> Languages:
    """Return the pages of an App in all languages of its templates."""
    return Languages({tag: Pages(app, words) for tag, words in app.renderer.words.items()})


def _ranges(accept_language: str) -> Iterator[tuple[str, float]]:
    """Yield the languages of a header with their qualities, as RFC 9110 12.5.4 writes them."""
    for language_range in accept_language.split(",")[:_MAX_RANGES]:
        tag, _, weight = language_range.replace(" ", "").partition(";q=")
        try:
            yield tag, float(weight or 1)
        except ValueError:
            continue
