"""Composes the mails of one language from their templates and keeps the digest within its size."""

import logging
import quopri
from bisect import bisect_left
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import TypeVar

import css_inline
from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import MAILS, DeliveryKind, Digest, Recipient, template_names
from digestmail.errors import ConfigError
from digestmail.render import samples
from digestmail.render.compiled import DigestAssembler, FragmentCache, NotCompilableError
from digestmail.render.context import (
    DigestLinks,
    Names,
    Quoted,
    Rendered,
    digest_names,
    paper_names,
    subject_line,
)
from digestmail.render.encoding import quoted
from digestmail.render.environment import broken, compile_all, make_environment
from digestmail.render.locale import ENGLISH, Words
from digestmail.render.paper_view import paper_view
from digestmail.render.placing import placed
from digestmail.render.template_check import check_templates

log = logging.getLogger(__name__)

HTML_BUDGET = 90_000
"""Bytes of quoted-printable HTML; Gmail cuts a mail off at about 102,000."""

_ROOMS = (320, 240, 120, 0)  # characters of what a paper does, the widest that fits
_CHECKED = 20  # compiled mails that are also rendered plainly, and compared

_T = TypeVar("_T")


class LanguageRenderer:
    """The renderer of all mails in one language, ``templates`` as ``Renderer`` has them."""

    def __init__(
        self, templates: Path, words: Words, *, service: str, fragments: FragmentCache
    ) -> None:
        self.words = words
        self.environment: SandboxedEnvironment = make_environment(templates, words, service=service)
        self._inliner = css_inline.CSSInliner(
            load_remote_stylesheets=False,
            keep_style_tags=True,
            remove_inlined_selectors=True,
            minify_css=True,
        )
        self._assembler: DigestAssembler | None = DigestAssembler(
            self.environment, words, self._inliner.inline, fragments
        )
        self._to_check = _CHECKED

    @property
    def compiles(self) -> bool:
        """Return whether digests are compiled, as far as their templates were tried."""
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
                _require(DeliveryKind.DIGEST, mail, samples.needed_texts(digest))
        for kind, values in samples.sample_letters():
            _require(kind, self.letter(kind, **values), [values[n] for n in MAILS[kind].required])

    def letter(self, kind: DeliveryKind, **values: str) -> Rendered:
        """Return a mail without papers, with the values that ``MAILS`` names for its kind."""
        spec = MAILS[kind]
        values = {**dict.fromkeys(spec.optional, ""), **values}
        if values.keys() != {*spec.values, *spec.optional}:
            raise ValueError(f"the email {kind} takes {', '.join(spec.values)}, not {values}")
        return self._mail(kind, values)

    def digest(self, digest: Digest, reader: Recipient, links: DigestLinks) -> Rendered:
        """Return the daily mail, with the digest's note (plain text) under its heading.

        Its HTML stays within HTML_BUDGET: abstracts are shortened first, then the last papers
        are left to the web.
        """

        def plain(count: int, room: int) -> Rendered:
            return self._plain(digest, reader, links, count, room)

        return _fitting(plain, lambda mail: encoded_size(mail.html), len(digest.mailed_items))

    def quoted_digest(self, digest: Digest, reader: Recipient, links: DigestLinks) -> Quoted:
        """Return the daily mail as ``digest`` renders it, encoded, from compiled templates.

        It is much faster once its papers have been met. Templates that cannot be compiled are
        rendered plainly instead.
        """
        assembler = self._assembler
        if assembler is None:
            return _quoted(self.digest(digest, reader, links))
        try:
            return self._assembled(assembler, digest, reader, links)
        except Exception as error:  # templates are the operator's: they may do anything
            plain = self.digest(digest, reader, links)  # raises when it is the mail's fault
            self._assembler = None
            log.warning("falling back to slow rendering of each digest: %r", error)
            return _quoted(plain)

    def _assembled(
        self, assembler: DigestAssembler, digest: Digest, reader: Recipient, links: DigestLinks
    ) -> Quoted:
        def assembled(count: int, room: int) -> Quoted:
            names = digest_names(digest, reader, links, count, self.words)
            mail = assembler.assemble(names, digest.mailed_items[:count], room)
            if self._to_check:
                self._to_check -= 1
                _compare(mail, self._plain(digest, reader, links, count, room))
            return mail

        return _fitting(assembled, lambda mail: len(mail.html), len(digest.mailed_items))

    def _plain(
        self, digest: Digest, reader: Recipient, links: DigestLinks, count: int, room: int
    ) -> Rendered:
        """Render a digest of the first papers with so many characters of their abstracts."""
        views = [
            paper_view(
                item,
                place,
                self.words,
                room=room,
                more_url=links.more(item.position),
                less_url=links.less(item.position),
                save_url=links.save(item.position),
                options_url=links.options(item.position),
            )
            for item, place in placed(digest.mailed_items[:count], self.words, reader.layout)
        ]
        names = {**digest_names(digest, reader, links, count, self.words), **paper_names(views)}
        preheader = self._render(DeliveryKind.DIGEST, "preheader.txt", names).strip()
        return self._mail(DeliveryKind.DIGEST, {**names, "preheader": preheader})

    def _mail(self, kind: DeliveryKind, names: Names) -> Rendered:
        subject = subject_line(self._render(kind, "subject.txt", names))
        text = self._render(kind, "body.txt", names).strip() + "\n"
        html = self._render(kind, "body.html", {**names, "subject": subject})
        try:
            return Rendered(subject, text, self._inliner.inline(html))
        except css_inline.InlineError as error:
            raise broken(f"email/{kind}/body.html", error) from error

    def _render(self, kind: DeliveryKind, file: str, names: Names) -> str:
        name = f"email/{kind}/{file}"
        try:
            return self.environment.get_template(name).render(names)
        except Exception as error:  # templates are the operator's: they may do anything
            raise broken(name, error) from error


def _known_names() -> set[str]:
    """Return the names that mails are given, whichever mail it is."""
    digest, recipient = samples.sample_digests()[0], samples.sample_recipients()[0]
    names = {*digest_names(digest, recipient, samples.LINKS, 1, ENGLISH), *paper_names([])}
    letters = {name for spec in MAILS.values() for name in (*spec.values, *spec.optional)}
    return names | letters | {"paper", "preheader", "subject"}


def _require(kind: DeliveryKind, mail: Rendered, needed: Sequence[str]) -> None:
    """Refuse a mail whose subject is empty or whose text or HTML lacks something needed."""
    if not mail.subject:
        raise ConfigError(f"template email/{kind}/subject.txt: the subject is empty; write one")
    bodies = {"body.txt": mail.text, "body.html": unescape(mail.html)}
    for file, body in bodies.items():
        lacking = next((text for text in needed if text not in body), None)
        if lacking is not None:
            raise ConfigError(
                f"template email/{kind}/{file}: the email lacks “{lacking}” from the sample; "
                "correct it or restore the original"
            )


def _fitting(mail: Callable[[int, int], _T], size: Callable[[_T], int], papers: int) -> _T:
    """Return the mail of as many papers, then of as long abstracts, as fit the budget."""
    for room in _ROOMS:
        candidate = mail(papers, room)
        if size(candidate) <= HTML_BUDGET:
            return candidate

    def is_too_big(count: int) -> bool:
        return size(mail(count, 0)) > HTML_BUDGET

    fitting = bisect_left(range(1, papers), True, key=is_too_big)
    return mail(max(fitting, 1), 0)


def encoded_size(html: str) -> int:
    """Return the bytes of ``html`` as a quoted-printable body part."""
    return len(quoted(html))


def _quoted(mail: Rendered) -> Quoted:
    return Quoted(mail.subject, quoted(mail.text), quoted(mail.html.rstrip() + "\n"))


def _compare(mail: Quoted, plain: Rendered) -> None:
    text, html = (quopri.decodestring(body).decode() for body in (mail.text, mail.html))
    same = text.replace("\r\n", "\n") == plain.text and mail.subject == plain.subject
    if not same or _body(html.replace("\r\n", "\n")) != _body(plain.html):
        raise NotCompilableError("the parts of a digest do not make the same email")


def _body(html: str) -> str:
    """Return the HTML after its head, where the inliner leaves rules without an element."""
    return html.partition("</head>")[2].rstrip()
