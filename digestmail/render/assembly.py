"""Puts digests together from papers that were rendered, inlined and encoded once.

The templates are the ordinary ones. ``paper.html`` and ``paper.txt`` are rendered with Holes for
what differs between the readers of a paper, the HTML around them with Holes for what differs
between digests of the same shape; the text around them, short as it is, for every mail.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from os.path import commonprefix
from typing import Any, NamedTuple

from jinja2 import BaseLoader, ChoiceLoader, DictLoader, Environment
from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import DigestItem, Paper, Reason, ReasonKind, Verdict
from digestmail.render.forms import SECRET, CannotSplitError, Form, Holes, quoted
from digestmail.render.names import (
    DigestLinks,
    Names,
    Quoted,
    paper_names,
    placed,
    subject_line,
)
from digestmail.render.papers import (
    PaperView,
    Place,
    Told,
    marks,
    number,
    paper_view,
    told,
)

_PAPER_HTML, _PAPER_TEXT = "email/digest/paper.html", "email/digest/paper.txt"
_HERE = f"<!--{SECRET}-->"
_TEXT_HERE = f"{SECRET}."
_MARKS = {_PAPER_HTML: _HERE, _PAPER_TEXT: _TEXT_HERE}
_INCLUDED = re.compile(r'^\{% include "(email/digest/paper\.(?:html|txt))" \+%\}', re.MULTILINE)
_PAPERS = 4096  # those of a day, in the rooms and with the followed authors in use
_SHELLS = 512
_PRINTED = ("minutes", "address", "subject", "preheader")
_KNOWN = ("day", "long_day", "week", "total", "judged", "left_out", "weekly", "few")
_OPTIONAL = ("note", "confirmed")
_BY_READER = ("place", "number", "section", "why", "more_url", "less_url", "save_url")
_URLS = ("more_url", "less_url", "save_url")
_PARTS = [(f"{name}<", f"{name}>") for name in _URLS]
_Parted = tuple[str, str]
_PERSONAL = (*_BY_READER, "marked_title", "marked_abstract")
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


class _Kind(NamedTuple):
    """What else the form of a paper depends on beside values that it only prints."""

    authors: tuple[str, ...]  # the followed ones
    reasoned: bool
    different: bool
    heads: bool  # whether a section begins with it
    level: int
    room: int


@dataclass(frozen=True, slots=True, eq=False)
class _Forms:
    """A paper ready for any reader; ``view`` is what the parts around it may know of it."""

    paper: Paper
    view: PaperView
    html: Form
    text: Form


@dataclass(frozen=True, slots=True)
class _Shape:
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


class Assembler:
    """Assembles the digests of one set of templates, as they are when first used.

    Raises CannotSplitError, or whatever a template raises that does more with a value than print
    it: then such digests have to be rendered as a whole.
    """

    def __init__(self, environment: SandboxedEnvironment, inline: Callable[[str], str]) -> None:
        here = DictLoader(_MARKS)
        around = ChoiceLoader([here, *map(_Marking, filter(None, [environment.loader]))])
        self._whole = environment.overlay(auto_reload=False)
        self._around = environment.overlay(loader=around, auto_reload=False)
        self._inline = inline
        self._papers: dict[tuple[str, _Kind], _Forms] = {}
        self._around_papers = lru_cache(_SHELLS)(self._new_around)

    def assemble(self, names: Names, items: Sequence[DigestItem], room: int) -> Quoted:
        """The digest that shows ``items``; ``names`` are those of ``digest_names``."""
        links = _PaperLinks.of(names["links"])
        shown = [(item, place, told(item.reasons)) for item, place in placed(items)]
        papers = [
            self._paper(item.paper, _kind(tell, bool(place.section), place.level, room))
            for item, place, tell in shown
        ]
        values = [
            _of_paper(item, place, tell, paper.view, links)
            for (item, place, tell), paper in zip(shown, papers, strict=True)
        ]
        names = {**names, **paper_names([paper.view for paper in papers])}
        around, fixed = self._around_papers(_shape(names)), _of_mail(names)
        names["subject"] = fixed["subject"] = subject_line(around.subject(names, fixed))
        names["preheader"] = fixed["preheader"] = around.preheader(names, fixed).strip()
        return Quoted(
            names["subject"],
            text=_woven(
                around.text(names, fixed),
                [paper.text.fill(mine) for paper, mine in zip(papers, values, strict=True)],
            ),
            html=_woven(
                [form.fill(fixed) for form in around.html],
                [paper.html.fill(mine) for paper, mine in zip(papers, values, strict=True)],
            ),
        )

    def _paper(self, paper: Paper, kind: _Kind) -> _Forms:
        known = self._papers.get((paper.key, kind))
        if known is None or known.paper != paper:
            if len(self._papers) >= _PAPERS:
                self._papers.clear()
            known = self._papers[paper.key, kind] = self._new_paper(paper, kind)
        return known

    def _print(self, part: str, names: Names) -> str:
        return self._around.get_template(f"email/digest/{part}").render(names)

    # --- what is made once ---

    def _new_paper(self, paper: Paper, kind: _Kind) -> _Forms:
        view = _bare_view(paper, kind)
        texts = {"title": view.title, "abstract": view.abstract}
        holes = Holes()
        printed = {"paper": _with_holes(view, holes, kind)}
        html = self._whole.get_template(_PAPER_HTML).render(printed)
        text = self._whole.get_template(_PAPER_TEXT).render(printed)
        page = self._inline(self._page.replace(_HERE, _HERE + html + _HERE))
        _, html, _ = _split(page, _HERE, 2)
        unknown: dict[str, Any] = dict.fromkeys(
            _PERSONAL, self._whole.undefined(name="a value of one reader")
        )
        return _Forms(
            paper,
            replace(view, **unknown),
            holes.cut(html, html=True, texts=texts, parted=_URLS),
            holes.cut(text, texts=texts, parted=_URLS),
        )

    @cached_property
    def _page(self) -> str:
        """A page around one paper, to inline papers in."""
        names = _shell_names(_SAMPLE_SHAPE, Holes())
        return self._print("body.html", {**names, "papers": self._unknown(1)})

    def _unknown(self, papers: int) -> list[Any]:
        return [self._around.undefined(name="a value of one paper")] * papers

    def _new_around(self, shape: _Shape) -> "_Around":
        return _Around(
            subject=self._line("subject.txt", shape),
            preheader=self._line("preheader.txt", shape),
            text=self._new_text(shape),
            html=self._new_shell(shape),
        )

    def _line(self, part: str, shape: _Shape) -> "_Line":
        """How a line of a mail is made that may name the papers' titles."""

        def printed(names: Names, _: Names) -> str:
            return self._print(part, names)

        holes = Holes()
        titles = [{"title": holes.hole(f"title-{at}")} for at in range(shape.shown)]
        try:
            line = self._print(part, {**_shell_names(shape, holes), "papers": titles})
            mixture = holes.mixture(line)
        except Exception:  # it does more than print titles; then it is printed for every mail
            return printed
        return lambda _, fixed: mixture.text(fixed)

    def _new_text(self, shape: _Shape) -> Callable[[Names, Names], list[bytes]]:
        """How the text around the papers is made."""

        def printed(names: Names, _: Names) -> list[bytes]:
            text = self._print("body.txt", names).strip() + "\n"
            return [quoted(piece) for piece in _split(text, _TEXT_HERE, shape.shown)]

        holes = Holes()
        try:
            names = {**_shell_names(shape, holes), "papers": self._unknown(shape.shown)}
            text = self._print("body.txt", names).strip() + "\n"
            forms = [holes.cut(piece) for piece in _split(text, _TEXT_HERE, shape.shown)]
        except Exception:  # as above
            return printed
        return lambda _, fixed: [form.fill(fixed) for form in forms]

    def _new_shell(self, shape: _Shape) -> list[Form]:
        """The pieces of HTML before, between and after the papers."""
        holes = Holes()
        names = {**_shell_names(shape, holes), "papers": self._unknown(shape.shown)}
        page = self._print("body.html", names)
        url = "https://example.org"
        view = paper_view(
            _SAMPLE, Place(1, "A", 3), room=100, more_url=url, less_url=url, save_url=url
        )
        sample = self._whole.get_template(_PAPER_HTML).render(paper=view)
        samples = min(shape.shown, 1)
        page = self._inline(page.replace(_HERE, _HERE + sample + _HERE, samples))
        pieces = _split(page, _HERE, shape.shown + samples)
        del pieces[1 : 1 + samples]
        pieces[-1] = pieces[-1].rstrip() + "\n"
        return [holes.cut(piece, html=True) for piece in pieces]


_Line = Callable[[Names, Names], str]  # from the names of the templates, and the values of holes


@dataclass(frozen=True, slots=True, eq=False)
class _Around:
    """What is around the papers, in mails of one shape."""

    subject: _Line
    preheader: _Line
    text: Callable[[Names, Names], list[bytes]]
    html: list[Form]


def _shell_names(shape: _Shape, holes: Holes) -> Names:
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


_SAMPLE_SHAPE = _Shape(
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


def _shape(names: Names) -> _Shape:
    return _Shape(
        shown=len(names["papers"]),
        profiles=len(names["profiles"]),
        note=bool(names["note"]),
        confirmed=bool(names["confirmed"]),
        **{name: names[name] for name in _KNOWN},
    )


def _of_mail(names: Names) -> Names:
    """The values that what is around the papers prints, all but the subject and the preheader."""
    values = {name: names[name] for name in ("minutes", "address", *_OPTIONAL)}
    values |= {f"profile-{at}": name for at, name in enumerate(names["profiles"])}
    values |= {f"title-{at}": paper.title for at, paper in enumerate(names["papers"])}
    return values | {f"links.{name}": getattr(names["links"], name) for name in _LINKS}


@dataclass(frozen=True, slots=True)
class _PaperLinks:
    """The links that papers have in one mail, by position."""

    more: Callable[[int], _Parted]
    less: Callable[[int], _Parted]
    save: Callable[[int], _Parted]

    @classmethod
    def of(cls, links: DigestLinks) -> "_PaperLinks":
        return cls(
            more=_in_pieces(lambda position: links.feedback(position, Verdict.MORE)),
            less=_in_pieces(lambda position: links.feedback(position, Verdict.LESS)),
            save=_in_pieces(links.save),
        )

    def of_paper(self, position: int) -> tuple[_Parted, ...]:
        """The links named _URLS, each in what it has in common with other papers', and its end."""
        return self.more(position), self.less(position), self.save(position)


def _in_pieces(link: Callable[[int], str]) -> Callable[[int], _Parted]:
    start = commonprefix([link(1), link(2)])  # noqa: RUF071 - letter by letter
    end = len(start)

    def pieces(position: int) -> _Parted:
        whole = link(position)
        # The same string, not one like it, is found faster where it was encoded before.
        return start if whole.startswith(start) else whole[:end], whole[end:]

    return pieces


@lru_cache(maxsize=4096)
def _kind(tell: Told, heads: bool, level: int, room: int) -> _Kind:
    return _Kind(tell.followed, bool(tell.why), tell.different, heads, level, room)


def _bare_view(paper: Paper, kind: _Kind) -> PaperView:
    """A paper as all readers of a kind see it."""
    reasons = [Reason(ReasonKind.AUTHOR, kind.authors)]
    if kind.different:
        reasons.append(Reason(ReasonKind.EXPLORATION, ()))
    item = DigestItem(
        position=0,
        paper=paper,
        profile_id=None,
        profile_name="",
        score=0,
        reasons=tuple(reasons),
    )
    place = Place(0, level=kind.level)
    return paper_view(item, place, room=kind.room, more_url="", less_url="", save_url="")


def _of_paper(
    item: DigestItem, place: Place, tell: Told, view: PaperView, links: "_PaperLinks"
) -> Names:
    """The values that a paper prints for one reader."""
    values = _Values(
        place=str(place.number),
        number=number(place.number),
        section=place.section,
        why=tell.why,
        title=marks(view.title, tell.marked),
        abstract=marks(view.abstract, tell.marked),
    )
    for (start, end), parted in zip(_PARTS, links.of_paper(item.position), strict=True):
        values[start], values[end] = parted
    return values


class _Values(dict[str, Any]):
    """The values of a paper; what comes in two parts is also there as a whole."""

    def __missing__(self, name: str) -> str:
        return f"{self[name + '<']}{self[name + '>']}"


def _with_holes(view: PaperView, holes: Holes, kind: _Kind) -> PaperView:
    printed = {name: holes.hole(name) for name in _BY_READER}
    absent = {"section": kind.heads, "why": kind.reasoned}
    printed |= {name: "" for name, there in absent.items() if not there}
    return replace(
        view,
        marked_title=holes.segments("title"),
        marked_abstract=holes.segments("abstract"),
        **printed,
    )


def _split(printed: str, mark: str, times: int) -> list[str]:
    pieces = printed.split(mark)
    if len(pieces) != times + 1:
        raise CannotSplitError("it does not include each paper once")
    return pieces


def _woven(around: Sequence[bytes], papers: Sequence[bytes]) -> bytes:
    """What is around the papers and the papers, in turns."""
    parts = [around[0]]
    for paper, after in zip(papers, around[1:], strict=True):
        parts += (paper, after)
    return b"".join(parts)
