"""The shell of a digest: everything around the papers, made once for all mails of one shape.

It is rendered with placeholders for the values that differ between such mails. A piece whose
template does more with a value than print it is rendered for every mail.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from jinja2 import BaseLoader, ChoiceLoader, DictLoader, Environment
from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import DigestItem, Paper, Reason, ReasonKind
from digestmail.render.compiled.compiled_template import SharedEncodings, compile_template
from digestmail.render.compiled.placeholders import SECRET, NotCompilableError, Placeholders
from digestmail.render.context import Names
from digestmail.render.encoding import quoted
from digestmail.render.locale import Words
from digestmail.render.paper_view import Place, paper_view

PAPER_HTML, PAPER_TEXT = "email/digest/paper.html", "email/digest/paper.txt"
ENTRY_HTML, ENTRY_TEXT = "email/digest/entry.html", "email/digest/entry.txt"
PAPER_MARK, ENTRY_MARK = f"<!--{SECRET}p-->", f"<!--{SECRET}e-->"  # stand where a paper comes
_PAPER_TEXT_MARK, _ENTRY_TEXT_MARK = f"{SECRET}p.", f"{SECRET}e."
_MARKS = {
    PAPER_HTML: PAPER_MARK,
    ENTRY_HTML: ENTRY_MARK,
    PAPER_TEXT: _PAPER_TEXT_MARK,
    ENTRY_TEXT: _ENTRY_TEXT_MARK,
}
_INCLUDE = re.compile(
    r'^\{% include "(email/digest/(?:paper|entry)\.(?:html|txt))" \+%\}', re.MULTILINE
)
_HTML_MARKS = re.compile(f"<!--{SECRET}([pe])-->")
_TEXT_MARKS = re.compile(rf"{SECRET}([pe])\.")
_BEGIN, _END = f"<!--{SECRET}b-->", f"<!--{SECRET}z-->"  # around samples
_SAMPLES = re.compile(f"{_BEGIN}.*?{_END}", re.DOTALL)
_SHELLS = 512
_PRINTED = ("minutes", "address", "subject", "preheader")
_KNOWN = (
    *("day", "long_day", "week", "total", "judged", "left_out", "weekly", "few"),
    *("layout", "listed", "trending", "rests_on"),
)
_OPTIONAL = ("note", "confirmed")
_LINKS = ("home", "view", "preferences", "pause", "unsubscribe", "help", "saved", "archive")
# It has all that a paper can have, so every rule of the style sheet finds what it is for.
_SAMPLE = DigestItem(
    position=1,
    paper=Paper(
        key="sample",
        title="A title",
        abstract="A sentence.",
        authors=("A. Name",),
        categories=("a category",),
        url="https://example.org",
        upvotes=10,
        announced_on=date(2026, 1, 1),
    ),
    profile_id=None,
    profile_name="",
    score=0,
    reasons=(
        Reason(ReasonKind.KEYWORD, ("title",)),
        Reason(ReasonKind.AUTHOR, ("A. Name",)),
        Reason(ReasonKind.EXPLORATION, ("a term",)),
    ),
)


class DigestShape(NamedTuple):
    """The traits of a digest that its shell depends on, beside values that it only prints."""

    day: str
    long_day: str
    week: str
    papers: int  # in the mail
    total: int
    judged: int
    left_out: int
    profiles: int
    weekly: bool
    few: bool
    note: bool
    confirmed: bool
    layout: str
    listed: bool
    trending: bool  # all of it
    rests_on: str


# From the names of the templates and the values of the placeholders; the entries of the list and
# the papers come encoded.
_RenderLine = Callable[[Names, Names], str]
_RenderBody = Callable[[Names, Names, Sequence[bytes], Sequence[bytes]], bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """The text around the papers, in mails of one shape."""

    subject: _RenderLine
    preheader: _RenderLine
    text: _RenderBody
    html: _RenderBody


class ShellCache:
    """The shells of one set of templates, by shape."""

    def __init__(
        self,
        environment: SandboxedEnvironment,
        words: Words,
        inline: Callable[[str], str],
        encodings: SharedEncodings,
    ) -> None:
        marking = map(_MarkingLoader, filter(None, [environment.loader]))
        loader = ChoiceLoader([DictLoader(_MARKS), *marking])
        self._environment = environment
        self._words = words
        self._marking_environment = environment.overlay(loader=loader)
        self._inline = inline
        self._encodings = encodings
        self.shell = lru_cache(_SHELLS)(self._new_shell)

    @cached_property
    def page(self) -> str:
        """Return a page around one paper, to inline papers in."""
        names = _names(_SAMPLE_SHAPE, Placeholders())
        return self._render("body.html", {**names, "papers": self._unknown_papers(1)})

    def _render(self, name: str, names: Names) -> str:
        return self._marking_environment.get_template(f"email/digest/{name}").render(names)

    def _unknown_papers(self, number: int) -> list[Any]:
        return [self._marking_environment.undefined(name="a value of one paper")] * number

    def _new_shell(self, shape: DigestShape) -> Shell:
        return Shell(
            subject=self._compile_line("subject.txt", shape),
            preheader=self._compile_line("preheader.txt", shape),
            text=self._compile_text(shape),
            html=self._compile_html(shape),
        )

    def _compile_line(self, name: str, shape: DigestShape) -> _RenderLine:
        """Return how a line of a mail is made that may name the papers' titles."""

        def rendered(names: Names, _: Names) -> str:
            return self._render(name, names)

        placeholders = Placeholders()
        titles = [{"title": placeholders.new(f"title-{index}")} for index in range(shape.papers)]
        try:
            line = self._render(name, {**_names(shape, placeholders), "papers": titles})
            mixed = placeholders.mixed_text(line)
        except Exception:  # it does more than print titles; then it is rendered for every mail
            return rendered
        return lambda _, values: mixed.text(values)

    def _compile_text(self, shape: DigestShape) -> _RenderBody:
        """Return how the plain text around the papers is made."""

        def rendered(
            names: Names, _: Names, entries: Sequence[bytes], papers: Sequence[bytes]
        ) -> bytes:
            text = self._render("body.txt", names).strip() + "\n"
            encoded = _by_name(entries, papers)
            return b"".join(
                encoded[piece] if is_paper else quoted(piece)
                for piece, is_paper in _pieces(text, _TEXT_MARKS, shape)
            )

        placeholders = Placeholders()
        try:
            names = {
                **_names(shape, placeholders),
                "papers": self._unknown_papers(shape.papers),
            }
            text = self._render("body.txt", names).strip() + "\n"
            pieces = _pieces(text, _TEXT_MARKS, shape)
            return self._compile_pieces(pieces, placeholders, html=False)
        except Exception:  # as above
            return rendered

    def _compile_html(self, shape: DigestShape) -> _RenderBody:
        """Return how the HTML around the papers is made."""
        placeholders = Placeholders()
        names = {**_names(shape, placeholders), "papers": self._unknown_papers(shape.papers)}
        page = self._render("body.html", names)
        page = self._inline(self._with_samples(page)).rstrip() + "\n"
        page = _SAMPLES.sub("", page)
        pieces = _pieces(page, _HTML_MARKS, shape)
        return self._compile_pieces(pieces, placeholders, html=True)

    def _with_samples(self, page: str) -> str:
        """Return a page with a paper at the first mark of each kind, for rules of the styles."""
        url = "https://example.org"
        for template, mark in ((PAPER_HTML, PAPER_MARK), (ENTRY_HTML, ENTRY_MARK)):
            samples = [
                self._environment.get_template(template).render(
                    paper=paper_view(
                        _SAMPLE,
                        Place(1, "A", "A", "A", 3, is_full, not is_full),
                        self._words,
                        room=100,
                        more_url=url,
                        less_url=url,
                        save_url=url,
                        options_url=url,
                    )
                )
                for is_full in (True, False)
            ]
            page = page.replace(mark, "".join([mark, _BEGIN, *samples, _END]), 1)
        return page

    def _compile_pieces(
        self, pieces: Iterable[tuple[str, bool]], placeholders: Placeholders, *, html: bool
    ) -> _RenderBody:
        """Return how pieces of text and papers are joined."""
        inserted: list[str] = []
        text = ""
        for piece, is_paper in pieces:
            text += str(placeholders.new(piece)) if is_paper else piece
            inserted += [piece] if is_paper else []
        compiled = compile_template(
            text, placeholders, self._encodings, html=html, inserted=inserted
        )
        return lambda _, values, entries, papers: compiled.fill(values, _by_name(entries, papers))


def _names(shape: DigestShape, placeholders: Placeholders) -> Names:
    """Return the names of the shell, placeholders for what differs in mails of the shape."""
    new = placeholders.new
    names: Names = {name: new(name) for name in _PRINTED}
    names |= {name: new(name) if getattr(shape, name) else "" for name in _OPTIONAL}
    names |= {name: getattr(shape, name) for name in _KNOWN}
    # As strings, for filters that join them.
    names["profiles"] = [str(new(f"profile-{at}")) for at in range(shape.profiles)]
    return names | {"links": {name: new(f"links.{name}") for name in _LINKS}}


class _MarkingLoader(BaseLoader):
    """A loader that puts the mark of a paper in place of its include."""

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, file, is_fresh = self._loader.get_source(environment, template)
        return _INCLUDE.sub(lambda include: _MARKS[include[1]], source), file, is_fresh


_SAMPLE_SHAPE = DigestShape(
    day="",
    long_day="",
    week="",
    papers=1,
    total=1,
    judged=1,
    left_out=0,
    profiles=1,
    weekly=False,
    few=False,
    note=False,
    confirmed=False,
    layout="full",
    listed=True,
    trending=False,
    rests_on="",
)


def shape_of(names: Names) -> DigestShape:
    """Return the shape of the digest that templates are given these names for."""
    return DigestShape(
        papers=len(names["papers"]),
        profiles=len(names["profiles"]),
        note=bool(names["note"]),
        confirmed=bool(names["confirmed"]),
        **{name: names[name] for name in _KNOWN},
    )


def shell_values(names: Names) -> Names:
    """Return the values that a shell prints, all but the subject and the preheader."""
    values = {name: names[name] for name in ("minutes", "address", *_OPTIONAL)}
    values |= {f"profile-{at}": name for at, name in enumerate(names["profiles"])}
    values |= {f"title-{at}": paper.title for at, paper in enumerate(names["papers"])}
    return values | {f"links.{name}": getattr(names["links"], name) for name in _LINKS}


def _pieces(printed: str, marks: re.Pattern[str], shape: DigestShape) -> list[tuple[str, bool]]:
    """Return the pieces of a text in order: what is printed, and the names of entries and papers.

    NotCompilableError unless all entries of the list are there, or none, and the same of papers.
    """
    pieces: list[tuple[str, bool]] = []
    numbers = {"p": 0, "e": 0}
    for at, piece in enumerate(marks.split(printed)):
        if at % 2:
            pieces.append((f"{piece}.{numbers[piece]}", True))
            numbers[piece] += 1
        else:
            pieces.append((piece, False))
    if not set(numbers.values()) <= {0, shape.papers}:
        raise NotCompilableError("it does not include each paper once")
    return pieces


def _by_name(entries: Sequence[bytes], papers: Sequence[bytes]) -> dict[str, bytes]:
    """Return encoded entries of the list and papers by the names of ``_pieces``."""
    named = {f"e.{at}": entry for at, entry in enumerate(entries)}
    return named | {f"p.{at}": paper for at, paper in enumerate(papers)}


def split_at(mark: str, printed: str, times: int) -> list[str]:
    """Return the pieces of a text between marks; NotCompilableError unless ``times`` are there."""
    pieces = printed.split(mark)
    if len(pieces) != times + 1:
        raise NotCompilableError("it does not include each paper once")
    return pieces
