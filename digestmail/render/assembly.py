"""Puts digests together from papers that were rendered, inlined and encoded once.

The templates are the ordinary ones. ``paper.html`` and ``paper.txt`` are rendered with Holes for
what differs between the readers of a paper; for what is around them see ``around``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from os.path import commonprefix
from typing import Any, NamedTuple

from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import DigestItem, Paper, Reason, ReasonKind, Verdict
from digestmail.render.around import (
    HERE,
    PAPER_HTML,
    PAPER_TEXT,
    Shells,
    shape_of,
    split,
    values_of,
)
from digestmail.render.forms import Form, Holes
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

_PAPERS = 4096  # those of a day, in the rooms and with the followed authors in use
_BY_READER = ("place", "number", "section", "why", "more_url", "less_url", "save_url")
_URLS = ("more_url", "less_url", "save_url")
_PARTS = [(f"{name}<", f"{name}>") for name in _URLS]
_Parted = tuple[str, str]
_PERSONAL = (*_BY_READER, "marked_title", "marked_abstract")


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


class Assembler:
    """Assembles the digests of one set of templates, as they are when first used.

    Raises CannotSplitError, or whatever a template raises that does more with a value than print
    it: then such digests have to be rendered as a whole.
    """

    def __init__(self, environment: SandboxedEnvironment, inline: Callable[[str], str]) -> None:
        self._whole = environment.overlay(auto_reload=False)
        self._shells = Shells(self._whole, inline)
        self._inline = inline
        self._papers: dict[tuple[str, _Kind], _Forms] = {}

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
        around, fixed = self._shells.around(shape_of(names)), values_of(names)
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

    # --- what is made once ---

    def _new_paper(self, paper: Paper, kind: _Kind) -> _Forms:
        view = _bare_view(paper, kind)
        texts = {"title": view.title, "abstract": view.abstract}
        holes = Holes()
        printed = {"paper": _with_holes(view, holes, kind)}
        html = self._whole.get_template(PAPER_HTML).render(printed)
        text = self._whole.get_template(PAPER_TEXT).render(printed)
        page = self._inline(self._shells.page.replace(HERE, HERE + html + HERE))
        _, html, _ = split(page, HERE, 2)
        unknown: dict[str, Any] = dict.fromkeys(
            _PERSONAL, self._whole.undefined(name="a value of one reader")
        )
        return _Forms(
            paper,
            replace(view, **unknown),
            holes.cut(html, html=True, texts=texts, parted=_URLS),
            holes.cut(text, texts=texts, parted=_URLS),
        )


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


def _woven(around: Sequence[bytes], papers: Sequence[bytes]) -> bytes:
    """What is around the papers and the papers, in turns."""
    parts = [around[0]]
    for paper, after in zip(papers, around[1:], strict=True):
        parts += (paper, after)
    return b"".join(parts)
