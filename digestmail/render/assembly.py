"""Puts digests together from papers that were rendered, inlined and encoded once.

The templates are the ordinary ones. ``paper.html`` and ``paper.txt`` are rendered with Holes for
what differs between the readers of a paper, the HTML around them with Holes for what differs
between digests of the same shape; the text around them, short as it is, for every mail.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from jinja2 import ChoiceLoader, DictLoader
from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import DigestItem, Paper, Reason, ReasonKind, Verdict
from digestmail.render.forms import SECRET, CannotSplitError, Form, Holes, quoted
from digestmail.render.names import DigestLinks, Names, Quoted, label, subject_line
from digestmail.render.papers import (
    PaperView,
    followed,
    marks,
    number,
    paper_view,
    phrases_of,
    why,
)

_PAPER_HTML, _PAPER_TEXT = "email/digest/paper.html", "email/digest/paper.txt"
_HERE = f"<!--{SECRET}-->"
_PAPERS = 4096  # those of a day, in the rooms and with the followed authors in use
_SHELLS = 512
_PRINTED = ("day", "long_day", "address", "subject", "preheader")
_OPTIONAL = ("note", "confirmed")
_PERSONAL = ("position", "number", "marked_title", "marked_abstract", "why", "more_url", "less_url")
_LINKS = ("home", "preferences", "pause", "unsubscribe", "help")
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
        announced_on=date(2026, 1, 1),
    ),
    profile_id=None,
    profile_name="",
    score=0,
    reasons=(Reason(ReasonKind.KEYWORD, ("title",)), Reason(ReasonKind.AUTHOR, ("A. Name",))),
)


@dataclass(frozen=True, slots=True)
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
    note: bool
    confirmed: bool


class Assembler:
    """Assembles the digests of one set of templates, as they are when first used.

    Raises CannotSplitError, or whatever a template raises that does more with a value than print
    it: then such digests have to be rendered as a whole.
    """

    def __init__(self, environment: SandboxedEnvironment, inline: Callable[[str], str]) -> None:
        here = DictLoader({_PAPER_HTML: _HERE, _PAPER_TEXT: SECRET})
        around = ChoiceLoader([here, *filter(None, [environment.loader])])
        self._whole = environment.overlay(auto_reload=False)
        self._around = environment.overlay(loader=around, auto_reload=False)
        self._inline = inline
        self._paper = lru_cache(_PAPERS)(self._new_paper)
        self._shells: dict[_Shape, list[Form]] = {}

    def assemble(self, names: Names, items: Sequence[DigestItem], room: int) -> Quoted:
        """The digest that shows ``items``; ``names`` are those of ``digest_names``."""
        links: DigestLinks = names["links"]
        reasons = [why(item) for item in items]
        papers = [
            self._paper(item.paper, label(item, names), followed(item), bool(reason), room)
            for item, reason in zip(items, reasons, strict=True)
        ]
        values = [
            _of_paper(item, reason, paper.view, links)
            for item, reason, paper in zip(items, reasons, papers, strict=True)
        ]
        names = {**names, "papers": [paper.view for paper in papers]}
        names["subject"] = subject_line(self._print("subject.txt", names))
        names["preheader"] = self._print("preheader.txt", names).strip()
        fixed = _of_mail(names)
        return Quoted(
            names["subject"],
            text=_woven(
                self._text_around(names),
                [p.text.fill(v) for p, v in zip(papers, values, strict=True)],
            ),
            html=_woven(
                [form.fill(fixed) for form in self._shell(_shape(names))],
                [p.html.fill(v) for p, v in zip(papers, values, strict=True)],
            ),
        )

    def _print(self, part: str, names: Names) -> str:
        return self._around.get_template(f"email/digest/{part}").render(names)

    def _text_around(self, names: Names) -> list[list[bytes]]:
        printed = self._print("body.txt", names).strip() + "\n"
        return [[quoted(piece)] for piece in _split(printed, SECRET, len(names["papers"]))]

    # --- what is made once ---

    def _new_paper(
        self, paper: Paper, profile: str, authors: tuple[str, ...], reasoned: bool, room: int
    ) -> _Forms:
        item = DigestItem(
            position=0,
            paper=paper,
            profile_id=None,
            profile_name="",
            score=0,
            reasons=(Reason(ReasonKind.AUTHOR, authors),),
        )
        view = paper_view(item, room=room, more_url="", less_url="", profile=profile)
        texts = {"title": view.title, "abstract": view.abstract}
        holes = Holes()
        printed = {"paper": _with_holes(view, holes, reasoned)}
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
        return self._print_shell(_Shape(1, 1, 1, 0, 1, False, False), Holes())

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
        view = paper_view(_SAMPLE, room=100, more_url="https://a", less_url="https://b")
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
        names |= {name: getattr(shape, name) for name in ("total", "judged", "left_out")}
        names["profiles"] = [holes.hole(f"profile-{at}") for at in range(shape.profiles)]
        names["links"] = {name: holes.hole(f"links.{name}") for name in _LINKS}
        unknown = self._around.undefined(name="a value of one paper")
        return self._print("body.html", {**names, "papers": [unknown] * shape.shown})


def _shape(names: Names) -> _Shape:
    return _Shape(
        shown=len(names["papers"]),
        total=names["total"],
        judged=names["judged"],
        left_out=names["left_out"],
        profiles=len(names["profiles"]),
        note=bool(names["note"]),
        confirmed=bool(names["confirmed"]),
    )


def _of_mail(names: Names) -> Names:
    """The values that the HTML around the papers prints."""
    values = {name: names[name] for name in (*_PRINTED, *_OPTIONAL)}
    values |= {f"profile-{at}": name for at, name in enumerate(names["profiles"])}
    return values | {f"links.{name}": getattr(names["links"], name) for name in _LINKS}


def _of_paper(item: DigestItem, reason: str, view: PaperView, links: DigestLinks) -> Names:
    """The values that a paper prints for one reader."""
    phrases = phrases_of(item)
    return {
        "position": str(item.position),
        "number": number(item.position),
        "why": reason,
        "title": marks(view.title, phrases),
        "abstract": marks(view.abstract, phrases),
        "more_url": links.feedback(item.position, Verdict.MORE),
        "less_url": links.feedback(item.position, Verdict.LESS),
    }


def _with_holes(view: PaperView, holes: Holes, reasoned: bool) -> PaperView:
    return replace(
        view,
        position=holes.hole("position"),
        number=holes.hole("number"),
        marked_title=holes.segments("title"),
        marked_abstract=holes.segments("abstract"),
        why=holes.hole("why") if reasoned else "",
        more_url=holes.hole("more_url"),
        less_url=holes.hole("less_url"),
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
