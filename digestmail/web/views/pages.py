"""Renders the pages, and says in words what stands in the store."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from jinja2.sandbox import SandboxedEnvironment

from digestmail.app import App
from digestmail.domain import (
    Delivery,
    DeliveryState,
    Digest,
    DigestItem,
    SkipReason,
    Subscriber,
    Verdict,
)
from digestmail.i18n import N_
from digestmail.render.environment import broken, compile_all, make_environment
from digestmail.render.locale import ENGLISH, Words
from digestmail.render.paper_view import clean, web_url
from digestmail.sources.files.reference_library import LARGEST, MEGABYTE
from digestmail.steps.links import Links
from digestmail.text import excerpt
from digestmail.web.shared import forms
from digestmail.web.shared.static_files import static_folder, static_version
from digestmail.web.views.reasons import reason_words

_NAMES = (
    "answer",
    "archive",
    "confirm",
    "confirmed",
    "data",
    "digest",
    "embed",
    "erase",
    "erased",
    "error",
    "feedback",
    "help",
    "history",
    "lost_link",
    "mail_link",
    "never",
    "no_paper",
    "paper",
    "papers",
    "preferences",
    "preview",
    "refused",
    "returned",
    "save",
    "saved",
    "subscribe",
    "thanks",
    "trending",
    "unsubscribe",
    "unsubscribed",
    "why",
)
_TITLE = 300
_WHY = 300
NOTE = 500

_ERRORS = {
    400: (N_("That did not arrive well"), N_("Please go back and try again.")),
    404: (N_("There is no such page"), N_("The address may be cut off or mistyped.")),
    405: (N_("That cannot be done here"), N_("Please start again from the first page.")),
    409: (
        N_("Things have changed meanwhile"),
        N_("Please go back, load the page anew and try again."),
    ),
    413: (N_("That is too much text"), N_("Please go back and shorten what you wrote.")),
    429: (
        N_("Too many requests"),
        N_("A lot was asked from your network just now. Please try again later."),
    ),
    500: (N_("Something went wrong here"), N_("It was noted. Please try again in a moment.")),
    503: (
        N_("Not just now"),
        N_("The service cannot do this at the moment. Please try again later."),
    ),
}

_LARGE_FILE = N_("Your file is too large")
_FILE_TOO_LARGE = N_(
    "“%(name)s” is larger than the %(most)s MB that are read of a file. Please go back: what you"
    " wrote is still there. Then leave out notes and attached files, or export fewer papers."
)

_SKIPPED = {
    SkipReason.NO_PAPERS: N_("no new papers"),
    SkipReason.QUIET_DAY: N_("a day without announcements"),
    SkipReason.SOURCE_LATE: N_("the day’s papers were late"),
    SkipReason.BELOW_THRESHOLD: N_("nothing close enough"),
    SkipReason.NO_PROFILE: N_("no interests named"),
    SkipReason.MISSED: N_("missed: the service was down"),
    SkipReason.TOO_LATE: N_("dropped: too late to be news"),
    SkipReason.BAD_SCHEDULE: N_("missed: your hour or time zone could not be read"),
}
_DELIVERED = {
    DeliveryState.PLANNED: N_("on its way"),
    DeliveryState.LEASED: N_("on its way"),
    DeliveryState.ON_WIRE: N_("on its way"),
    DeliveryState.DEFERRED: N_("delayed, will be tried again"),
    DeliveryState.SENT: N_("sent"),
    DeliveryState.FAILED: N_("could not be delivered"),
    DeliveryState.UNKNOWN: N_("handed over, arrival unknown"),
    DeliveryState.SKIPPED: N_("not sent"),
}


class Pages:
    """The templates of ``web/`` in one language.

    ConfigError at once when one of them is missing or broken.
    """

    def __init__(self, app: App, words: Words = ENGLISH) -> None:
        self.words = words
        self._environment = _environment(app, words)
        compile_all(self._environment, [f"web/{name}.html" for name in _NAMES])
        self.base = urlsplit(app.settings.public_url).path
        self._home = app.links.home
        self._always = {
            "base": self.base,
            "version": static_version(static_folder(app)),
            "operator": app.settings.operator_email,
            "choices": forms.choices(words),
        }

    def show(self, name: str, status: int = 200, **names: object) -> HTMLResponse:
        """The page of a template. Raises ConfigError, naming file and line, when it fails."""
        file = f"web/{name}.html"
        try:
            page = self._environment.get_template(file).render({**self._always, **names})
        except Exception as error:  # templates are the operator's: they may do anything
            raise broken(file, error) from error
        return HTMLResponse(page, status)

    def error(self, status: int) -> HTMLResponse:
        """The page of an HTTP status."""
        heading, text = _ERRORS.get(status, _ERRORS[500 if status >= 500 else 400])
        say = self.words.gettext
        return self.show("error", status, heading=say(heading), text=say(text))

    def file_too_large(self, filename: str) -> HTMLResponse:
        """The page that refuses a file for its size."""
        most = LARGEST // MEGABYTE
        say = self.words.gettext
        text = say(_FILE_TOO_LARGE, name=excerpt(filename, 80), most=most)
        return self.show("error", 413, heading=say(_LARGE_FILE), text=text)

    def local(self, link: str) -> str:
        """A link of ours without the host, so that it also works where the host differs."""
        return self.base + link.removeprefix(self._home)


def _environment(app: App, words: Words) -> SandboxedEnvironment:
    """The mails' own for English, so that no template is compiled twice."""
    if words is ENGLISH:
        return app.renderer.environment
    service = app.settings.service_name
    return make_environment(app.templates, words, service=service, language=words.language)


# --- words -----------------------------------------------------------------------------------


def next_digest(subscriber: Subscriber, now: datetime, words: Words) -> str:
    """When the next digest comes; empty when none does."""
    due = subscriber.next_due_at
    if due is None:
        return ""
    if due <= now:
        return words.gettext(N_("any minute now"))
    return words.moment(due, subscriber.schedule.timezone)


def title_of(item: DigestItem) -> str:
    """A paper's title, safe to show."""
    return clean(item.paper.title, _TITLE) or "Untitled"


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper in the list of a past digest."""

    title: str
    url: str  # http(s) or empty
    why: str
    more_url: str
    less_url: str
    save_url: str


@dataclass(frozen=True, slots=True)
class DigestLine:
    """A past digest, and what became of it."""

    day: date
    url: str  # of the digest as a page
    outcome: str
    note: str  # what was missing or why nothing came, in a sentence; may be empty
    papers: list[PaperLine]


def digest_line(
    digest: Digest, delivery: Delivery | None, links: Links, pages: Pages
) -> DigestLine:
    """A past digest in words; ``delivery`` is None when nothing was to be mailed."""
    return DigestLine(
        day=digest.date,
        url=pages.local(links.digest(digest.stored_id)),
        outcome=_outcome(digest, delivery, pages.words),
        note=clean(digest.note, NOTE),
        papers=[_paper_line(digest, item, links, pages) for item in digest.items],
    )


def _outcome(digest: Digest, delivery: Delivery | None, words: Words) -> str:
    say = words.gettext
    delivered = say(_DELIVERED[delivery.state]) if delivery else ""
    if digest.skip is None:
        return delivered or say(N_("not sent"))
    why = say(skipped(digest))
    if not delivered:
        return why
    return say(N_("%(why)s; short mail %(delivered)s"), why=why, delivered=delivered)


def skipped(digest: Digest) -> str:
    """The message that tells why a digest has no papers; empty when it has some."""
    return _SKIPPED[digest.skip] if digest.skip else ""


def _paper_line(digest: Digest, item: DigestItem, links: Links, pages: Pages) -> PaperLine:
    def say(verdict: Verdict) -> str:
        return pages.local(links.feedback(digest.stored_id, item.position, verdict))

    return PaperLine(
        title=title_of(item),
        url=web_url(item.paper.url),
        why=clean("; ".join(reason_words(r, pages.words) for r in item.reasons if r.details), _WHY),
        more_url=say(Verdict.MORE),
        less_url=say(Verdict.LESS),
        save_url=pages.local(links.save(digest.stored_id, item.position)),
    )
