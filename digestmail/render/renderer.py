"""Composes the mails from their templates and keeps the digest within its size."""

import logging
import quopri
from bisect import bisect_left
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import TypeVar

import css_inline
from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import MAILS, DeliveryKind, Digest, DigestItem, Recipient, template_names
from digestmail.errors import ConfigError
from digestmail.render import samples
from digestmail.render.compiled import DigestAssembler, NotCompilableError
from digestmail.render.context import (
    DigestLinks,
    Names,
    Quoted,
    Rendered,
    digest_names,
    paper_names,
    placed,
    subject_line,
)
from digestmail.render.encoding import quoted
from digestmail.render.environment import broken, compile_all, make_environment
from digestmail.render.paper_view import PaperView, Place, paper_view
from digestmail.render.template_check import check_templates

log = logging.getLogger(__name__)

HTML_BUDGET = 90_000
"""Bytes of quoted-printable HTML; Gmail cuts a mail off at about 102,000."""

_ROOMS = (600, 400, 250, 120, 0)  # characters of each abstract, the widest that fits
_CHECKED = 20  # mails assembled from parts that are also rendered as a whole, and compared

_T = TypeVar("_T")


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
        self._assembler: DigestAssembler | None = DigestAssembler(
            self.environment, self._inliner.inline
        )
        self._to_check = _CHECKED

    @property
    def splits(self) -> bool:
        """Whether digests are assembled from known parts, as far as their templates were tried."""
        return self._assembler is not None

    def check(self) -> None:
        """Compile every template and render every mail from samples.

        Raises ConfigError for a template that is missing or broken, and for a mail that lacks what
        it is sent for, such as its papers or its link.
        """
        compile_all(self.environment, [name for kind in MAILS for name in template_names(kind)])
        mails = [name for name in self.environment.list_templates() if name.startswith("email/")]
        check_templates(self.environment, mails, _known_names())
        for recipient in samples.sample_recipients():
            for digest in samples.sample_digests():
                mail = self.digest(digest, recipient, samples.LINKS)
                titles = [item.paper.title for item in digest.items]
                _require("digest", mail, [*titles, samples.LINKS.unsubscribe])
        for kind, values in samples.sample_letters():
            _require(kind, self.letter(kind, **values), [values[n] for n in MAILS[kind].required])

    def letter(self, kind: DeliveryKind, **values: str) -> Rendered:
        """Return a mail without papers, with the values that ``MAILS`` names for its kind."""
        spec = MAILS[kind]
        values = {**dict.fromkeys(spec.optional, ""), **values}
        if values.keys() != {*spec.values, *spec.optional}:
            raise ValueError(f"the mail {kind} takes {', '.join(spec.values)}, not {values}")
        return self._mail(kind, values)

    def digest(self, digest: Digest, reader: Recipient, links: DigestLinks) -> Rendered:
        """The daily mail, with the digest's note (plain text) under its heading.

        Its HTML stays within HTML_BUDGET: abstracts are shortened first, then the last papers
        are left to the web.
        """

        def whole(shown: int, room: int) -> Rendered:
            return self._whole(digest, reader, links, shown, room)

        return _fitting(whole, lambda mail: encoded_size(mail.html), len(digest.items))

    def quoted_digest(self, digest: Digest, reader: Recipient, links: DigestLinks) -> Quoted:
        """The daily mail ready to be sent: what ``digest`` renders, assembled from known parts.

        Much faster once its papers have been met. Templates that cannot be split into such parts
        are rendered as a whole instead.
        """
        assembler = self._assembler
        if assembler is None:
            return _quoted(self.digest(digest, reader, links))
        try:
            return self._assembled(assembler, digest, reader, links)
        except Exception as error:  # templates are the operator's: they may do anything
            whole = self.digest(digest, reader, links)  # raises when it is the mail's fault
            self._assembler = None
            log.warning("each digest is rendered as a whole, which is slow: %r", error)
            return _quoted(whole)

    def _assembled(
        self, assembler: DigestAssembler, digest: Digest, reader: Recipient, links: DigestLinks
    ) -> Quoted:
        def assembled(shown: int, room: int) -> Quoted:
            names = digest_names(digest, reader, links, shown)
            mail = assembler.assemble(names, digest.items[:shown], room)
            if self._to_check:
                self._to_check -= 1
                _compare(mail, self._whole(digest, reader, links, shown, room))
            return mail

        return _fitting(assembled, lambda mail: len(mail.html), len(digest.items))

    def _whole(
        self, digest: Digest, reader: Recipient, links: DigestLinks, shown: int, room: int
    ) -> Rendered:
        names = digest_names(digest, reader, links, shown)
        papers = [_view(item, place, links, room) for item, place in placed(digest.items[:shown])]
        names = {**names, **paper_names(papers)}
        return self._mail("digest", {**names, "preheader": self._preheader(names)})

    def _mail(self, mail: str, names: Names) -> Rendered:
        return Rendered(
            subject=self._subject(mail, names),
            text=self._part(mail, "body.txt", names).strip() + "\n",
            html=self._html(mail, names),
        )

    def _subject(self, mail: str, names: Names) -> str:
        return subject_line(self._part(mail, "subject.txt", names))

    def _html(self, mail: str, names: Names) -> str:
        subject = self._subject(mail, names)
        html = self._part(mail, "body.html", {**names, "subject": subject})
        try:
            return self._inliner.inline(html)
        except css_inline.InlineError as error:
            raise broken(f"email/{mail}/body.html", error) from error

    def _preheader(self, names: Names) -> str:
        return self._part("digest", "preheader.txt", names).strip()

    def _part(self, mail: str, part: str, names: Names) -> str:
        name = f"email/{mail}/{part}"
        try:
            return self.environment.get_template(name).render(names)
        except Exception as error:  # templates are the operator's: they may do anything
            raise broken(name, error) from error


def _known_names() -> set[str]:
    """Return the names that mails are given, whichever mail it is."""
    digest, recipient = samples.sample_digests()[0], samples.sample_recipients()[0]
    names = {*digest_names(digest, recipient, samples.LINKS, 1), *paper_names([])}
    letters = {name for spec in MAILS.values() for name in (*spec.values, *spec.optional)}
    return names | letters | {"paper", "preheader", "subject"}


def _require(name: str, mail: Rendered, needed: Sequence[str]) -> None:
    """Refuse a mail whose subject is empty or whose text or HTML lacks something needed."""
    if not mail.subject:
        raise ConfigError(f"template email/{name}/subject.txt: the subject is empty; write one")
    bodies = {"body.txt": mail.text, "body.html": unescape(mail.html)}
    for part, body in bodies.items():
        lacking = next((text for text in needed if text not in body), None)
        if lacking is not None:
            raise ConfigError(
                f"template email/{name}/{part}: the mail lacks “{lacking}” of the sample; "
                "correct it or restore the original"
            )


def _fitting(mail: Callable[[int, int], _T], size: Callable[[_T], int], papers: int) -> _T:
    """The mail of as many of the papers, then with as much room for each, as fit the budget."""
    for room in _ROOMS:
        made = mail(papers, room)
        if size(made) <= HTML_BUDGET:
            return made

    def too_big(shown: int) -> bool:
        return size(mail(shown, 0)) > HTML_BUDGET

    fitting = bisect_left(range(1, papers), True, key=too_big)
    return mail(max(fitting, 1), 0)


def encoded_size(html: str) -> int:
    """The bytes of ``html`` as a quoted-printable body part."""
    return len(quoted(html))


def _quoted(mail: Rendered) -> Quoted:
    return Quoted(mail.subject, quoted(mail.text), quoted(mail.html.rstrip() + "\n"))


def _compare(mail: Quoted, whole: Rendered) -> None:
    text, html = (quopri.decodestring(part).decode() for part in (mail.text, mail.html))
    same = text.replace("\r\n", "\n") == whole.text and mail.subject == whole.subject
    if not same or _body(html.replace("\r\n", "\n")) != _body(whole.html):
        raise NotCompilableError("the parts of a digest do not make the same mail")


def _body(html: str) -> str:
    """What follows the head, where the inliner leaves the rules that found nothing to style."""
    return html.partition("</head>")[2].rstrip()


def _view(item: DigestItem, place: Place, links: DigestLinks, room: int) -> PaperView:
    return paper_view(
        item,
        place,
        room=room,
        more_url=links.more(item.position),
        less_url=links.less(item.position),
        save_url=links.save(item.position),
    )
