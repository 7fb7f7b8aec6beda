"""A visit to every page of the operator's templates, with every form sent."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import Response

from digestmail.app import App
from digestmail.config import Settings
from digestmail.doctor.trial import HOME, SteppingClock, add_reader, trial_app
from digestmail.domain import Profile, Schedule, Verdict
from digestmail.errors import ConfigError, DigestmailError
from digestmail.render.environment import make_environment
from digestmail.render.template_check import check_templates, parsed, undeclared
from digestmail.resources import TEMPLATES
from digestmail.web.application import make_web

_MOST_VISITS = 400
_LAST = ("/leave", "/erase", "/unsubscribe/", "/never/")  # what ends the trial reader's pages
_SLOW = ("preview",)  # these wait for a model
_FILES = (".atom", ".json", ".bib", ".ris", ".csv", ".xml")
_SERVER_ERROR = 500


@dataclass(slots=True)
class _Form:
    """A form of a page, with the values that it has before anybody changes them."""

    action: str
    values: dict[str, str | list[str]] = field(default_factory=dict)


class _Page(HTMLParser):
    """The links and the posting forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[_Form] = []
        self._form: _Form | None = None
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag == "form":
            self._form = _Form(attributes.get("action", ""))
            if attributes.get("method", "").lower() == "post":
                self.forms.append(self._form)
        elif self._form is not None:
            self._take_control(self._form, tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def _take_control(self, form: _Form, tag: str, attributes: dict[str, str]) -> None:
        name = attributes.get("name", self._select if tag == "option" else "")
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in attributes:
            form.values[name] = attributes.get("value", "")
        elif tag == "textarea":
            form.values[name] = ""
        elif tag == "input" and name and attributes.get("type") != "file":
            if attributes.get("type") not in ("checkbox", "radio"):
                form.values[name] = attributes.get("value", "") or _typed(attributes)
            elif "checked" in attributes:
                form.values[name] = attributes.get("value", "on")


def _typed(attributes: dict[str, str]) -> str:
    return "visitor@digest.example" if attributes.get("type") == "email" else ""


def try_pages(settings: Settings, now: datetime) -> str:
    """Visit every page of a trial installation. Raises ConfigError for one that fails."""
    clock = SteppingClock(now)
    with trial_app(settings, clock) as app:
        _check_names(app)
        app.search_service.follow()
        visited = asyncio.run(_Visitor(app, clock).visit_all())
    return f"{visited} pages rendered"


def _check_names(app: App) -> None:
    """Refuse names in the operator's pages that the built-in pages do not know."""
    environment = app.renderer.environment
    built_in = make_environment(TEMPLATES, service="")
    known = {
        name
        for page in built_in.list_templates(filter_func=_is_page)
        for name in undeclared(parsed(built_in, page))
    }
    check_templates(environment, environment.list_templates(filter_func=_is_page), known)


def _is_page(name: str) -> bool:
    return name.startswith("web/") and name.endswith(".html")


class _Visitor:
    """A visitor who opens every page and presses every button of a trial installation."""

    def __init__(self, app: App, clock: SteppingClock) -> None:
        self._app = app
        self._clock = clock
        self._seen: set[str] = set()
        self._forms: dict[str, _Form] = {}
        self._faults: list[ConfigError] = []
        web = make_web(app)
        _collect_faults(web, self._faults)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(web, raise_app_exceptions=False),
            base_url=HOME,
            follow_redirects=True,
        )

    async def visit_all(self) -> int:
        """Visit what there is, then send the forms, those last that end a subscription."""
        async with self._client:
            await self._visit([f"{HOME}{path}" for path in _starts(self._app)])
            while self._forms:
                action = min(self._forms, key=lambda each: (_is_last(each), each))
                await self._send(action, self._forms.pop(action))
        return len(self._seen)

    async def _visit(self, links: list[str]) -> None:
        while links and len(self._seen) < _MOST_VISITS:
            link = urldefrag(links.pop())[0]
            if self._is_new(link):
                self._seen.add(_without_query(link))
                links += self._read(link, await self._client.get(link))

    async def _send(self, action: str, form: _Form) -> None:
        if len(self._seen) >= _MOST_VISITS or not self._is_new(f"POST {action}"):
            return
        self._seen.add(f"POST {action}")
        self._clock.step()
        await self._visit(self._read(action, await self._client.post(action, data=form.values)))

    def _is_new(self, link: str) -> bool:
        path = urlsplit(link.removeprefix("POST ")).path
        ours = link.removeprefix("POST ").startswith(HOME)
        skipped = path.endswith(_FILES) or any(word in path for word in _SLOW)
        return ours and not skipped and _without_query(link) not in self._seen

    def _read(self, address: str, answer: httpx.Response) -> list[str]:
        """Take the forms of an answer and return its links."""
        if self._faults:
            raise self._faults[0]
        if answer.status_code == _SERVER_ERROR:
            path = urlsplit(address).path.split("/")[1]
            raise ConfigError(f"the page /{path} cannot be rendered; see the log")
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return []
        page = _Page(answer.text)
        base = str(answer.url)
        for form in page.forms:
            self._forms.setdefault(urljoin(base, form.action or base), form)
        return [urljoin(base, link) for link in page.links]


def _without_query(link: str) -> str:
    """Return one name for all pages of a list, but for the search, which has pages of its own."""
    return link.partition("?")[0] if "/preferences" in link else link


def _is_last(action: str) -> bool:
    return any(word in action for word in _LAST)


def _collect_faults(web: FastAPI, faults: list[ConfigError]) -> None:
    """Keep the errors of templates, which visitors are told nothing of."""
    explain = web.exception_handlers[DigestmailError]

    async def collect(request: Request, error: Exception) -> Response:
        if isinstance(error, ConfigError):
            faults.append(error)
        response: Response = await explain(request, error)  # type: ignore[misc]
        return response

    web.add_exception_handler(DigestmailError, collect)


def _starts(app: App) -> Iterator[str]:
    """Yield the pages that nothing links to, or that only mails do."""
    yield from ("/", "/subscribe", "/help", "/embed", "/papers", "/papers?q=permafrost")
    yield from ("/papers?q=nothing+of+this", "/preferences", "/nowhere", "/confirm/cut-off")
    yield "/papers/arxiv:9901.00001"
    reader, digest = add_reader(app)
    number, now = reader.stored_id, app.clock()
    profiles = [Profile(keywords=("ice",))]
    pending = app.subscriptions.add("new@digest.example", profiles, Schedule(), now, active=False)
    serial = app.store.subscribers.serial(pending.stored_id)
    links = [
        app.links.preferences(number, now),
        app.links.digest(digest.stored_id),
        app.links.unsubscribe(number),
        app.links.never(pending.stored_id),
        app.links.confirm(pending.stored_id, serial, now),
        app.links.save(digest.stored_id, 1),
        app.links.options(digest.stored_id, 1),
        *(app.links.feedback(digest.stored_id, 1, verdict) for verdict in Verdict),
    ]
    yield from (link.removeprefix(HOME) for link in links)
