"""Renders the pages, and says in words what stands in the store."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse

from digestmail import __version__
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
from digestmail.render.environment import compile_all
from digestmail.render.papers import clean, short_day, web_url
from digestmail.steps.links import Links
from digestmail.web import forms

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
    "save",
    "saved",
    "subscribe",
    "thanks",
    "trending",
    "unsubscribe",
    "unsubscribed",
    "why",
)
_CHOICES = {
    "hours": forms.HOURS,
    "weekdays": forms.WEEKDAYS,
    "days": forms.DAYS,
    "waits": forms.WAITS,
    "timezones": forms.timezones,
    "thresholds": forms.thresholds,
}
_TITLE = 300
_WHY = 300
NOTE = 500

_ERRORS = {
    400: ("That did not arrive well", "Please go back and try again."),
    404: ("There is no such page", "The address may be cut off or mistyped."),
    405: ("That cannot be done here", "Please start again from the first page."),
    409: ("Things have changed meanwhile", "Please go back, load the page anew and try again."),
    413: ("That is too much text", "Please go back and shorten what you wrote."),
    429: (
        "Too many requests",
        "A lot was asked from your network just now. Please try again later.",
    ),
    500: ("Something went wrong here", "It was noted. Please try again in a moment."),
    503: ("Not just now", "The service cannot do this at the moment. Please try again later."),
}

_SKIPPED = {
    SkipReason.NO_PAPERS: "no new papers",
    SkipReason.QUIET_DAY: "a day without announcements",
    SkipReason.SOURCE_LATE: "the day’s papers were late",
    SkipReason.BELOW_THRESHOLD: "nothing close enough",
    SkipReason.NO_PROFILE: "no interests named",
    SkipReason.MISSED: "missed: the service was down",
    SkipReason.TOO_LATE: "dropped: too late to be news",
}
_DELIVERED = {
    DeliveryState.PLANNED: "on its way",
    DeliveryState.LEASED: "on its way",
    DeliveryState.ON_WIRE: "on its way",
    DeliveryState.DEFERRED: "delayed, will be tried again",
    DeliveryState.SENT: "sent",
    DeliveryState.FAILED: "could not be delivered",
    DeliveryState.UNKNOWN: "handed over, arrival unknown",
    DeliveryState.SKIPPED: "not sent",
}


class Pages:
    """The templates of ``web/``. ConfigError at once when one of them is missing or broken."""

    def __init__(self, app: App) -> None:
        self._environment = app.renderer.environment
        compile_all(self._environment, [f"web/{name}.html" for name in _NAMES])
        self.base = urlsplit(app.settings.public_url).path
        self._home = app.links.home
        self._always = {
            "base": self.base,
            "version": __version__,
            "operator": app.settings.operator_email,
            "choices": _CHOICES,
        }

    def show(self, name: str, status: int = 200, **names: object) -> HTMLResponse:
        """The page of a template."""
        template = self._environment.get_template(f"web/{name}.html")
        return HTMLResponse(template.render({**self._always, **names}), status)

    def error(self, status: int) -> HTMLResponse:
        """The page of an HTTP status."""
        heading, text = _ERRORS.get(status, _ERRORS[500 if status >= 500 else 400])
        return self.show("error", status, heading=heading, text=text)

    def local(self, link: str) -> str:
        """A link of ours without the host, so that it also works where the host differs."""
        return self.base + link.removeprefix(self._home)


# --- words -----------------------------------------------------------------------------------


def moment(at: datetime, timezone: str) -> str:
    """``Saturday, 21 November 2026, at 07:00 (Europe/Rome)``."""
    wall = at.astimezone(ZoneInfo(timezone))
    return f"{wall:%A}, {wall.day} {wall:%B %Y}, at {wall:%H:%M} ({timezone})"


def next_digest(subscriber: Subscriber, now: datetime) -> str:
    """When the next digest comes; empty when none does."""
    due = subscriber.next_due_at
    if due is None:
        return ""
    return moment(due, subscriber.schedule.timezone) if due > now else "any minute now"


def long_day(day: date) -> str:
    """``Friday, 20 November 2026``."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


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

    day: str
    url: str  # of the digest as a page
    outcome: str
    note: str  # what was missing or why nothing came, in a sentence; may be empty
    papers: list[PaperLine]


def digest_line(
    digest: Digest, delivery: Delivery | None, links: Links, pages: Pages
) -> DigestLine:
    """A past digest in words; ``delivery`` is None when nothing was to be mailed."""
    return DigestLine(
        day=f"{digest.date:%a} {short_day(digest.date)}",
        url=pages.local(links.digest(digest.id or 0)),
        outcome=_outcome(digest, delivery),
        note=clean(digest.note, NOTE),
        papers=[_paper_line(digest, item, links, pages) for item in digest.items],
    )


def _outcome(digest: Digest, delivery: Delivery | None) -> str:
    delivered = _DELIVERED[delivery.state] if delivery else ""
    if digest.skip is None:
        return delivered or "not sent"
    return skipped(digest) + (f"; short mail {delivered}" if delivered else "")


def skipped(digest: Digest) -> str:
    """Why a digest has no papers; empty when it has some."""
    return _SKIPPED[digest.skip] if digest.skip else ""


def _paper_line(digest: Digest, item: DigestItem, links: Links, pages: Pages) -> PaperLine:
    def say(verdict: Verdict) -> str:
        return pages.local(links.feedback(digest.id or 0, item.position, verdict))

    return PaperLine(
        title=title_of(item),
        url=web_url(item.paper.url),
        why=clean("; ".join(reason.words for reason in item.reasons if reason.details), _WHY),
        more_url=say(Verdict.MORE),
        less_url=say(Verdict.LESS),
        save_url=pages.local(links.save(digest.id or 0, item.position)),
    )
