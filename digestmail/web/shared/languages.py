"""The languages of the pages: those there are, and the one that a visitor asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from digestmail.app import App
from digestmail.render.locale import SOURCE_LANGUAGE, languages
from digestmail.web.views.pages import Pages

_MOST_ASKED = 20  # languages of one header


@dataclass(frozen=True, slots=True)
class Languages:
    """The pages in each language there is, English among them; ``spoken`` by RFC 5646 tag."""

    spoken: Mapping[str, Pages]

    @property
    def english(self) -> Pages:
        """Those that need no catalogue."""
        return self.spoken[SOURCE_LANGUAGE]

    @property
    def names(self) -> dict[str, str]:
        """What each language calls itself, by tag."""
        return {tag: pages.words.own_name for tag, pages in self.spoken.items()}

    @property
    def headers(self) -> dict[str, str]:
        """What tells caches that an answer depends on the language asked for, if it does."""
        return {"Vary": "Accept-Language"} if len(self.spoken) > 1 else {}

    def named(self, tag: str) -> Pages | None:
        """The pages of a language, ``de`` for ``de-AT`` too (RFC 4647, section 3.4)."""
        known = {spoken.lower(): pages for spoken, pages in self.spoken.items()}
        wanted = tag.lower().split("-")
        for length in range(len(wanted), 0, -1):
            if found := known.get("-".join(wanted[:length])):
                return found
        return None

    def asked(self, accept: str) -> Pages:
        """The pages in the best of the languages of an Accept-Language header, else in English."""
        if len(self.spoken) == 1:
            return self.english
        wanted = sorted(_ranges(accept), key=lambda one: -one[1])
        found = (self.named(tag) for tag, quality in wanted if quality > 0)
        return next(filter(None, found), self.english)

    def error(self, status: int) -> ASGIApp:
        """The page of an HTTP status in the language of each request, made beforehand."""
        made = {tag: pages.error(status) for tag, pages in self.spoken.items()}

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            pages = self.asked(Headers(scope=scope).get("accept-language", ""))
            await made[pages.words.language](scope, receive, send)

        return answer

    def file_too_large(self, filename: str) -> ASGIApp:
        """The page that refuses a file for its size, in the language of each request."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            pages = self.asked(Headers(scope=scope).get("accept-language", ""))
            await pages.file_too_large(filename)(scope, receive, send)

        return answer


def make_languages(app: App) -> Languages:
    """The pages of an App in all languages of its templates."""
    every = languages(app.templates)
    return Languages({tag: Pages(app, words) for tag, words in every.items()})


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """The languages of a header with their qualities, as RFC 9110 12.5.4 writes them."""
    for part in accept.split(",")[:_MOST_ASKED]:
        tag, _, weight = part.replace(" ", "").partition(";q=")
        try:
            yield tag, float(weight or 1)
        except ValueError:
            continue
