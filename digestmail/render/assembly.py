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
from typing import Any

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
    followed,
    is_different,
    marks,
    number,
    paper_view,
    phrases_of,
    why,
)
from digestmail.render.placed import Placed

_PAPER_HTML, _PAPER_TEXT = "email/digest/paper.html", "email/digest/paper.txt"
_HERE = f"<!--{SECRET}-->"
_MARKS = {_PAPER_HTML: _HERE, _PAPER_TEXT: SECRET}
_INCLUDED = re.compile(r'^\{% include "(email/digest/paper\.(?:html|txt))" \+%\}', re.MULTILINE)
_PAPERS = 4096  # those of a day, in the rooms and with the followed authors in use
_PLACED = 32_768  # those papers at the places of a mail
_SHELLS = 512
_PRINTED = ("day", "long_day", "week", "minutes", "address", "subject", "preheader")
_KNOWN = ("total", "judged", "left_out", "weekly", "few")
_OPTIONAL = ("note", "confirmed")
_BY_READER = ("place", "number", "section", "why", "more_url", "less_url", "save_url")
_URLS = ("more_url", "less_url", "save_url")
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


@dataclass(frozen=True, slots=True)
class _Kind:
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

    view: PaperView
    html: Form
    text: Form


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the HTML around the papers depends on beside values that it only prints."""

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
        self._paper = lru_cache(_PAPERS)(self._new_paper)
        self._placed = lru_cache(_PLACED)(_new_placed)
        self._shells: dict[_Shape, list[Form]] = {}

    def assemble(self, names: Names, items: Sequence[DigestItem], room: int) -> Quoted:
        """The digest that shows ``items``; ``names`` are those of ``digest_names``."""
        links = _PaperLinks.of(names["links"])
        shown = [(item, place, why(item)) for item, place in placed(items)]
        papers = [self._paper(one[0].paper, _kind(*one, room)) for one in shown]
        filled = [self._fill(*one, paper, links) for one, paper in zip(shown, papers, strict=True)]
        names = {**names, **paper_names([paper.view for paper in papers])}
        names["subject"] = subject_line(self._print("subject.txt", names))
        names["preheader"] = self._print("preheader.txt", names).strip()
        fixed = _of_mail(names)
        return Quoted(
            names["subject"],
            text=_woven(self._text_around(names), [text for text, _ in filled]),
            html=_woven(
                [form.fill(fixed) for form in self._shell(_shape(names))],
                [html for _, html in filled],
            ),
        )

    def _fill(
        self, item: DigestItem, place: Place, reason: str, paper: _Forms, links: "_PaperLinks"
    ) -> tuple[list[bytes], list[bytes]]:
        """A paper's text and HTML for one reader, in pieces."""
        mine = links.of_paper(item.position)
        text, html = self._placed(paper, place, tuple(end for _, end in mine))
        values = _of_paper(item, reason, paper.view)
        values |= {name: beginning for name, (beginning, _) in zip(_URLS, mine, strict=True)}
        return text.fill(values), html.fill(values)

    def _print(self, part: str, names: Names) -> str:
        return self._around.get_template(f"email/digest/{part}").render(names)

    def _text_around(self, names: Names) -> list[list[bytes]]:
        printed = self._print("body.txt", names).strip() + "\n"
        return [[quoted(piece)] for piece in _split(printed, SECRET, len(names["papers"]))]

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
            replace(view, **unknown),
            holes.cut(html, html=True, texts=texts),
            holes.cut(text, texts=texts),
        )

    @cached_property
    def _page(self) -> str:
        """A page around one paper, to inline papers in."""
        shape = _Shape(
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
        return self._print_shell(shape, Holes())

    def _shell(self, shape: _Shape) -> list[Form]:
        """The pieces of HTML before, between and after the papers."""
        if shape not in self._shells:
            if len(self._shells) >= _SHELLS:
                self._shells.clear()
            self._shells[shape] = self._new_shell(shape)
        return self._shells[shape]

    def _new_shell(self, shape: _Shape) -> list[Form]:
        holes = Holes()
        page = self._print_shell(shape, holes)
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

    def _print_shell(self, shape: _Shape, holes: Holes) -> str:
        names: Names = {name: holes.hole(name) for name in _PRINTED}
        names |= {name: holes.hole(name) if getattr(shape, name) else "" for name in _OPTIONAL}
        names |= {name: getattr(shape, name) for name in _KNOWN}
        names["profiles"] = [holes.hole(f"profile-{at}") for at in range(shape.profiles)]
        names["links"] = {name: holes.hole(f"links.{name}") for name in _LINKS}
        unknown = self._around.undefined(name="a value of one paper")
        return self._print("body.html", {**names, "papers": [unknown] * shape.shown})


class _Marking(BaseLoader):
    """Loads templates with the mark of a paper where one is included, which saves the include."""

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, file, fresh = self._loader.get_source(environment, template)
        return _INCLUDED.sub(lambda found: _MARKS[found[1]], source), file, fresh


def _shape(names: Names) -> _Shape:
    return _Shape(
        shown=len(names["papers"]),
        total=names["total"],
        judged=names["judged"],
        left_out=names["left_out"],
        profiles=len(names["profiles"]),
        weekly=names["weekly"],
        few=names["few"],
        note=bool(names["note"]),
        confirmed=bool(names["confirmed"]),
    )


def _of_mail(names: Names) -> Names:
    """The values that the HTML around the papers prints."""
    values = {name: names[name] for name in (*_PRINTED, *_OPTIONAL)}
    values |= {f"profile-{at}": name for at, name in enumerate(names["profiles"])}
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


def _new_placed(paper: _Forms, place: Place, ends: tuple[str, ...]) -> tuple[Placed, Placed]:
    """A paper's text and HTML at a place of the mail, with links that end so."""
    known = {
        "place": str(place.number),
        "number": number(place.number),
        "section": place.section,
    }
    named = dict(zip(_URLS, ends, strict=True))
    return Placed(paper.text, known, named), Placed(paper.html, known, named)


def _kind(item: DigestItem, place: Place, reason: str, room: int) -> _Kind:
    told = (followed(item), bool(reason), is_different(item))
    return _known_kind(*told, bool(place.section), place.level, room)


_known_kind = lru_cache(maxsize=4096)(_Kind)


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


def _of_paper(item: DigestItem, reason: str, view: PaperView) -> Names:
    """The values that a paper prints for one reader, wherever it stands."""
    phrases = phrases_of(item)
    return {
        "why": reason,
        "title": marks(view.title, phrases),
        "abstract": marks(view.abstract, phrases),
    }


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


def _woven(around: Sequence[list[bytes]], papers: Sequence[list[bytes]]) -> bytes:
    """What is around the papers and the papers, in turns."""
    parts = list(around[0])
    for paper, after in zip(papers, around[1:], strict=True):
        parts += paper
        parts += after
    return b"".join(parts)
