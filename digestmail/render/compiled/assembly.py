"""Puts digests together from papers that were rendered, inlined and encoded once.

The templates are the ordinary ones. ``paper.html`` and ``paper.txt`` are rendered with Holes for
what differs between the readers of a paper; for what is around them see ``around``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import DigestItem, Paper, Reason, ReasonKind
from digestmail.render.compiled.compiled_template import Form, Holes, Ready, Slots
from digestmail.render.compiled.shell import (
    HERE,
    PAPER_HTML,
    PAPER_TEXT,
    Shells,
    shape_of,
    split,
    values_of,
)
from digestmail.render.context import (
    DigestLinks,
    Names,
    Quoted,
    paper_names,
    placed,
    subject_line,
)
from digestmail.render.paper_view import (
    Marker,
    PaperView,
    Place,
    Told,
    aligned,
    paper_view,
    told,
)

_PAPERS = 4096  # those of a day, in the rooms and with the followed authors in use
_STANDINGS = 1024
_WHYS = 16_384
_BY_READER = ("place", "number", "section", "why", "more_url", "less_url", "save_url")
_URLS = ("more_url", "less_url", "save_url")
_GIVEN = ("place", "number", "why", *(f"{url}{part}" for url in _URLS for part in "<>"))
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
    marker: Marker


_Shown = tuple[DigestItem, Place, Told]


class Assembler:
    """Assembles the digests of one set of templates, as they are when first used.

    Raises CannotSplitError, or whatever a template raises that does more with a value than print
    it: then such digests have to be rendered as a whole.
    """

    def __init__(self, environment: SandboxedEnvironment, inline: Callable[[str], str]) -> None:
        self._whole = environment.overlay(auto_reload=False)
        self._slots = Slots(given=_GIVEN, filtered=["why"])
        self._shells = Shells(self._whole, inline, self._slots)
        self._inline = inline
        self._papers: dict[tuple[str, _Kind], _Forms] = {}
        self._standing = lru_cache(_STANDINGS)(self._new_standing)
        self._whys = lru_cache(_WHYS)(self._new_why)

    def assemble(self, names: Names, items: Sequence[DigestItem], room: int) -> Quoted:
        """The digest that shows ``items``; ``names`` are those of ``digest_names``."""
        shown = [(item, place, told(item)) for item, place in placed(items)]
        papers = [self._paper(item.paper, _kind(tell, place, room)) for item, place, tell in shown]
        html, text = self._filled(shown, papers, names["links"])
        names = {**names, **paper_names([paper.view for paper in papers])}
        around, fixed = self._shells.around(shape_of(names)), values_of(names)
        names["subject"] = fixed["subject"] = subject_line(around.subject(names, fixed))
        names["preheader"] = fixed["preheader"] = around.preheader(names, fixed).strip()
        return Quoted(
            names["subject"],
            text=around.text(names, fixed, text),
            html=around.html(names, fixed, html),
        )

    def _filled(
        self, shown: Sequence[_Shown], papers: Sequence[_Forms], links: DigestLinks
    ) -> tuple[list[bytes], list[bytes]]:
        """The papers of one mail, in HTML and as text."""
        kinds = (links.more, links.less, links.save)
        starts = {f"{name}<": kind.start for name, kind in zip(_URLS, kinds, strict=True)}
        begun, ends = self._slots.ready(starts), tuple([kind.end for kind in kinds])
        html, text, known = [], [], len(self._slots)
        for (item, place, tell), paper in zip(shown, papers, strict=True):
            standing = self._standing(item.position, place.number, ends, known)
            title, abstract = paper.marker.spans(tell.marked)
            values = _Values(section=place.section, why=tell.why, title=title, abstract=abstract)
            values.others = (standing.values, starts)
            ready = {**begun, **standing.ready, **self._whys(tell.why, known)}
            html.append(paper.html.fill(values, ready))
            text.append(paper.text.fill(values, ready))
        return html, text

    def _new_standing(
        self, position: int, number: int, ends: tuple[str, ...], _slots: int
    ) -> "_Standing":
        values = {f"{name}>": f"{position}{end}" for name, end in zip(_URLS, ends, strict=True)}
        values |= {"place": str(number), "number": aligned(number)}
        return _Standing(values, self._slots.ready(values))

    def _new_why(self, why: str, _slots: int) -> Ready:
        return self._slots.ready({"why": why})

    def _paper(self, paper: Paper, kind: _Kind) -> _Forms:
        known = self._papers.get((paper.key, kind))
        if known is not None and known.paper is paper:
            return known
        if len(self._papers) >= _PAPERS:
            self._papers.clear()
        if known is not None and known.paper == paper:
            known = replace(known, paper=paper)  # so that the next time one look will do
        else:
            known = self._new_paper(paper, kind)
        self._papers[paper.key, kind] = known
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
            holes.cut(html, self._slots, html=True, texts=texts, parted=_URLS),
            holes.cut(text, self._slots, texts=texts, parted=_URLS),
            Marker(view.title, view.abstract),
        )


class _Standing(NamedTuple):
    """What papers print by where they stand: the values, and those encoded, by key."""

    values: dict[str, str]
    ready: Ready


def _kind(tell: Told, place: Place, room: int) -> _Kind:
    return _Kind(
        tell.followed, bool(tell.why), tell.different, bool(place.section), place.level, room
    )


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


class _Values(dict[str, Any]):
    """The values of a paper; what comes in two parts is also there as a whole.

    ``others`` are those that only filters ask for, as else they are ready.
    """

    others: tuple[Mapping[str, str], Mapping[str, str]]

    def __missing__(self, name: str) -> str:
        standing, starts = self.others
        if name in standing:
            return standing[name]
        return f"{starts[name + '<']}{standing[name + '>']}"


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
