"""What is around the papers of a digest, made once for all mails of the same shape.

Rendered with Holes for what differs between such mails. A part whose template does more with a
value than print it is rendered for every mail.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, NamedTuple

from jinja2 import BaseLoader, ChoiceLoader, DictLoader, Environment
from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import DigestItem, Paper, Reason, ReasonKind
from digestmail.render.compiled.compiled_template import SECRET, CannotSplitError, Holes, Slots
from digestmail.render.compiled.encoding import quoted
from digestmail.render.context import Names
from digestmail.render.paper_view import Place, paper_view

PAPER_HTML, PAPER_TEXT = "email/digest/paper.html", "email/digest/paper.txt"
HERE = f"<!--{SECRET}-->"  # where a paper comes
_TEXT_HERE = f"{SECRET}."
_MARKS = {PAPER_HTML: HERE, PAPER_TEXT: _TEXT_HERE}
_INCLUDED = re.compile(r'^\{% include "(email/digest/paper\.(?:html|txt))" \+%\}', re.MULTILINE)
_SHELLS = 512
_PRINTED = ("minutes", "address", "subject", "preheader")
_KNOWN = ("day", "long_day", "week", "total", "judged", "left_out", "weekly", "few")
_OPTIONAL = ("note", "confirmed")
_LINKS = ("home", "view", "preferences", "pause", "unsubscribe", "help")
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


class Shape(NamedTuple):
    """What the HTML around the papers depends on beside values that it only prints."""

    day: str
    long_day: str
    week: str
    shown: int
    total: int
    judged: int
    left_out: int
    profiles: int
    weekly: bool
    few: bool
    note: bool
    confirmed: bool


_Line = Callable[[Names, Names], str]  # from the names of the templates, and the values of holes
_Part = Callable[[Names, Names, Sequence[bytes]], bytes]  # and the papers, encoded


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """What is around the papers, in mails of one shape."""

    subject: _Line
    preheader: _Line
    text: _Part
    html: _Part


class Shells:
    """What is around papers, by shape, of one set of templates."""

    def __init__(
        self, environment: SandboxedEnvironment, inline: Callable[[str], str], slots: Slots
    ) -> None:
        marking = map(_Marking, filter(None, [environment.loader]))
        loader = ChoiceLoader([DictLoader(_MARKS), *marking])
        self._whole = environment
        self._around = environment.overlay(loader=loader)
        self._inline = inline
        self._slots = slots
        self.around = lru_cache(_SHELLS)(self._new_around)

    def _print(self, part: str, names: Names) -> str:
        return self._around.get_template(f"email/digest/{part}").render(names)

    @cached_property
    def page(self) -> str:
        """A page around one paper, to inline papers in."""
        names = _names(_SAMPLE_SHAPE, Holes())
        return self._print("body.html", {**names, "papers": self._unknown(1)})

    def _unknown(self, papers: int) -> list[Any]:
        return [self._around.undefined(name="a value of one paper")] * papers

    def _new_around(self, shape: Shape) -> Around:
        return Around(
            subject=self._line("subject.txt", shape),
            preheader=self._line("preheader.txt", shape),
            text=self._new_text(shape),
            html=self._new_shell(shape),
        )

    def _line(self, part: str, shape: Shape) -> _Line:
        """How a line of a mail is made that may name the papers' titles."""

        def printed(names: Names, _: Names) -> str:
            return self._print(part, names)

        holes = Holes()
        titles = [{"title": holes.hole(f"title-{at}")} for at in range(shape.shown)]
        try:
            line = self._print(part, {**_names(shape, holes), "papers": titles})
            mixture = holes.mixture(line)
        except Exception:  # it does more than print titles; then it is printed for every mail
            return printed
        return lambda _, fixed: mixture.text(fixed)

    def _new_text(self, shape: Shape) -> _Part:
        """How the text around the papers is made."""

        def printed(names: Names, _: Names, papers: Sequence[bytes]) -> bytes:
            text = self._print("body.txt", names).strip() + "\n"
            first, *rest = map(quoted, split(text, _TEXT_HERE, shape.shown))
            return first + b"".join(chain.from_iterable(zip(papers, rest, strict=True)))

        holes = Holes()
        try:
            names = {**_names(shape, holes), "papers": self._unknown(shape.shown)}
            text = self._print("body.txt", names).strip() + "\n"
            return self._form(split(text, _TEXT_HERE, shape.shown), holes, html=False)
        except Exception:  # as above
            return printed

    def _new_shell(self, shape: Shape) -> _Part:
        """How the HTML around the papers is made."""
        holes = Holes()
        names = {**_names(shape, holes), "papers": self._unknown(shape.shown)}
        page = self._print("body.html", names)
        url = "https://example.org"
        view = paper_view(
            _SAMPLE, Place(1, "A", 3), room=100, more_url=url, less_url=url, save_url=url
        )
        sample = self._whole.get_template(PAPER_HTML).render(paper=view)
        samples = min(shape.shown, 1)
        page = self._inline(page.replace(HERE, HERE + sample + HERE, samples))
        pieces = split(page, HERE, shape.shown + samples)
        del pieces[1 : 1 + samples]
        pieces[-1] = pieces[-1].rstrip() + "\n"
        return self._form(pieces, holes, html=True)

    def _form(self, pieces: Sequence[str], holes: Holes, *, html: bool) -> _Part:
        """Pieces in turns with papers."""
        papers = [f"papers.{at}" for at in range(len(pieces) - 1)]
        rest = (f"{holes.hole(at)}{piece}" for at, piece in zip(papers, pieces[1:], strict=True))
        text = "".join((pieces[0], *rest))
        form = holes.cut(text, self._slots, html=html, inserted=papers)
        return lambda _, fixed, shown: form.fill(fixed, dict(zip(papers, shown, strict=True)))


def _names(shape: Shape, holes: Holes) -> Names:
    """The names of what is around the papers, holes for what differs in mails of the shape."""
    names: Names = {name: holes.hole(name) for name in _PRINTED}
    names |= {name: holes.hole(name) if getattr(shape, name) else "" for name in _OPTIONAL}
    names |= {name: getattr(shape, name) for name in _KNOWN}
    # As strings, for filters that join them.
    names["profiles"] = [str(holes.hole(f"profile-{at}")) for at in range(shape.profiles)]
    return names | {"links": {name: holes.hole(f"links.{name}") for name in _LINKS}}


class _Marking(BaseLoader):
    """Loads templates with the mark of a paper where one is included, which saves the include."""

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, file, fresh = self._loader.get_source(environment, template)
        return _INCLUDED.sub(lambda found: _MARKS[found[1]], source), file, fresh


_SAMPLE_SHAPE = Shape(
    day="",
    long_day="",
    week="",
    shown=1,
    total=1,
    judged=1,
    left_out=0,
    profiles=1,
    weekly=False,
    few=False,
    note=False,
    confirmed=False,
)


def shape_of(names: Names) -> Shape:
    return Shape(
        shown=len(names["papers"]),
        profiles=len(names["profiles"]),
        note=bool(names["note"]),
        confirmed=bool(names["confirmed"]),
        **{name: names[name] for name in _KNOWN},
    )


def values_of(names: Names) -> Names:
    """The values that what is around the papers prints, all but the subject and the preheader."""
    values = {name: names[name] for name in ("minutes", "address", *_OPTIONAL)}
    values |= {f"profile-{at}": name for at, name in enumerate(names["profiles"])}
    values |= {f"title-{at}": paper.title for at, paper in enumerate(names["papers"])}
    return values | {f"links.{name}": getattr(names["links"], name) for name in _LINKS}


def split(printed: str, mark: str, times: int) -> list[str]:
    pieces = printed.split(mark)
    if len(pieces) != times + 1:
        raise CannotSplitError("it does not include each paper once")
    return pieces
