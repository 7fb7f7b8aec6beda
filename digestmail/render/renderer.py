"""Composes the mails from their templates and keeps the digest within its size."""

import binascii
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import Digest, DigestItem, Subscriber, Verdict
from digestmail.render.environment import broken, compile_all, make_environment
from digestmail.render.papers import PaperView, clean, paper_view, short_day
from digestmail.text import excerpt, one_line

HTML_BUDGET = 90_000
"""Bytes of quoted-printable HTML; Gmail cuts a mail off at about 102,000."""

_MAILS = ("digest", "confirm", "link", "trial")
_PARTS = ("subject.txt", "body.txt", "body.html")
_ROOMS = (600, 400, 250, 120, 0)  # characters of each abstract, the widest that fits
_SUBJECT = 80
_NOTE = 600
_PROFILE = 80

Names = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLinks:
    """Where the links of one digest lead; ``feedback`` takes a paper's position."""

    home: str
    preferences: str
    pause: str
    unsubscribe: str
    help: str
    feedback: Callable[[int, Verdict], str]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's subject (one line, at most 80 characters), plain text and HTML."""

    subject: str
    text: str
    html: str


class Renderer:
    """Renders the mails from ``templates``, which holds ``email/<name>/{subject,body}...``.

    Safe to share between threads. A template that fails raises ConfigError naming file and line.
    """

    def __init__(
        self, templates: Path, *, service: str = "digestmail", language: str = "en"
    ) -> None:
        self.environment: SandboxedEnvironment = make_environment(
            templates, service=service, language=language
        )
        self._inliner = css_inline.CSSInliner(
            load_remote_stylesheets=False,
            keep_style_tags=True,
            remove_inlined_selectors=True,
            minify_css=True,
        )

    def check(self) -> None:
        """Compile every template. Raises ConfigError for a missing or broken one."""
        compile_all(self.environment, [f"email/{m}/{part}" for m in _MAILS for part in _PARTS])

    def confirm(self, url: str, *, home: str) -> Rendered:
        """The mail that asks whether the address is its reader's; holds no word of a user."""
        return self._mail("confirm", {"url": url, "home": home})

    def link(self, url: str, *, home: str) -> Rendered:
        """The mail with a fresh link to the preferences."""
        return self._mail("link", {"url": url, "home": home})

    def trial(self, *, home: str) -> Rendered:
        """The mail by which an operator tries the relay."""
        return self._mail("trial", {"url": home, "home": home})

    def digest(self, digest: Digest, subscriber: Subscriber, links: DigestLinks) -> Rendered:
        """The daily mail, with the digest's note (plain text) under its heading.

        Its HTML stays within HTML_BUDGET: abstracts are shortened first, then the last papers
        are left to the web.
        """
        names, html = self._fitting(
            lambda shown, room: _names(digest, subscriber, links, shown, room),
            len(digest.items),
        )
        return self._mail("digest", names, html)

    def _fitting(self, names_for: Callable[[int, int], Names], papers: int) -> tuple[Names, str]:
        for room in _ROOMS:
            names = names_for(papers, room)
            html = self._html("digest", names)
            if encoded_size(html) <= HTML_BUDGET:
                return names, html

        def too_big(shown: int) -> bool:
            return encoded_size(self._html("digest", names_for(shown, 0))) > HTML_BUDGET

        fitting = bisect_left(range(1, papers), True, key=too_big)
        names = names_for(max(fitting, 1), 0)
        return names, self._html("digest", names)

    def _mail(self, mail: str, names: Names, html: str = "") -> Rendered:
        return Rendered(
            subject=self._subject(mail, names),
            text=self._part(mail, "body.txt", names).strip() + "\n",
            html=html or self._html(mail, names),
        )

    def _subject(self, mail: str, names: Names) -> str:
        return excerpt(one_line(self._part(mail, "subject.txt", names)), _SUBJECT)

    def _html(self, mail: str, names: Names) -> str:
        subject = self._subject(mail, names)
        return self._inliner.inline(self._part(mail, "body.html", {**names, "subject": subject}))

    def _part(self, mail: str, part: str, names: Names) -> str:
        name = f"email/{mail}/{part}"
        try:
            return self.environment.get_template(name).render(names)
        except (TemplateError, UnicodeDecodeError) as error:
            raise broken(name, error) from error


def encoded_size(html: str) -> int:
    """The bytes of ``html`` as a quoted-printable body part."""
    return len(binascii.b2a_qp(html.replace("\n", "\r\n").encode(), istext=True))


def _names(
    digest: Digest, subscriber: Subscriber, links: DigestLinks, shown: int, room: int
) -> Names:
    confirmed = subscriber.confirmed_at
    profiles = dict.fromkeys(clean(item.profile_name, _PROFILE) for item in digest.items)
    return {
        "day": short_day(digest.date),
        "long_day": f"{digest.date:%A}, {digest.date.day} {digest.date:%B %Y}",
        "total": len(digest.items),
        "judged": digest.judged,
        "left_out": len(digest.items) - shown,
        "profiles": [name for name in profiles if name],
        "papers": [_view(item, links, room) for item in digest.items[:shown]],
        "note": clean(digest.note, _NOTE),
        "address": one_line(subscriber.email),
        "confirmed": short_day(confirmed) if confirmed else "",
        "links": links,
    }


def _view(item: DigestItem, links: DigestLinks, room: int) -> PaperView:
    return paper_view(
        item,
        room=room,
        more_url=links.feedback(item.position, Verdict.MORE),
        less_url=links.feedback(item.position, Verdict.LESS),
    )
