"""Puts digests together from papers that were rendered, inlined and encoded once.

The templates are the ordinary ones. Those of a paper (``paper``) and of its line in the list of
titles (``entry``) are rendered with placeholders for the values that differ between the readers of
a paper; for the text around them see ``shell``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import DigestItem, Layout, Paper, Reason, ReasonKind
from digestmail.render.compiled.compiled_template import (
    CompiledTemplate,
    Encoded,
    SharedEncodings,
    compile_template,
)
from digestmail.render.compiled.placeholders import Placeholders
from digestmail.render.compiled.shell import (
    ENTRY_HTML,
    ENTRY_MARK,
    ENTRY_TEXT,
    PAPER_HTML,
    PAPER_MARK,
    PAPER_TEXT,
    ShellCache,
    shape_of,
    shell_values,
    split_at,
)
from digestmail.render.context import (
    DigestLinks,
    Names,
    Quoted,
    paper_names,
    subject_line,
)
from digestmail.render.locale import Words
from digestmail.render.paper_view import (
    Marker,
    PaperView,
    Place,
    ReasonView,
    aligned,
    hint_of,
    paper_view,
    reason_view,
)
from digestmail.render.placing import placed

_POSITIONS = 1024
_WHYS = 16_384
_URLS = ("more_url", "less_url", "save_url", "options_url")
_OPTIONAL = ("section", "section_note", "group", "why", "hint")  # values that may be empty
_BY_READER = ("place", "number", *_OPTIONAL, *_URLS)
_ALWAYS = ("place", "number", "why", "hint", *(f"{url}{half}" for url in _URLS for half in "<>"))
_PERSONAL = (*_BY_READER, "marked_title", "marked_line")


class _Variant(NamedTuple):
    """The traits of a reader's view that a paper's fragments depend on, beside printed values."""

    followed: tuple[str, ...]  # authors
    has_why: bool
    has_hint: bool
    different: bool
    has_section: bool  # a section begins with it
    has_section_note: bool
    has_group: bool  # a group of the list begins with it
    level: int  # of the heading
    is_full: bool
    is_alone: bool
    room: int  # characters of what it does


@dataclass(frozen=True, slots=True, eq=False)
class _Fragments:
    """A paper compiled for any reader; ``view`` is what the shell may know of it."""

    paper: Paper
    view: PaperView
    html: CompiledTemplate
    text: CompiledTemplate
    entry_html: CompiledTemplate
    entry_text: CompiledTemplate
    marker: Marker


_FragmentKey = tuple[Words, str, _Variant]  # the language, the paper's key


class _PositionValues(NamedTuple):
    """The values that a paper prints because of its position, and those encoded, by key."""

    values: dict[str, str]
    encoded: Encoded


class FragmentCache:
    """The papers that were compiled, for the assemblers of all languages together.

    It holds those of a day, 1,500 papers in some eight variants each, and forgets them all when it
    is full. With a quarter of that a morning of many profiles rendered papers again and again, and
    a mail took 3.9 ms of CPU instead of 2.2; the memory was the same.
    """

    def __init__(self, capacity: int = 16_384) -> None:
        self._capacity = capacity
        self._fragments: dict[_FragmentKey, _Fragments] = {}

    def get(self, key: _FragmentKey) -> _Fragments | None:
        """Return the fragments of a paper for a variant in a language, if they are there."""
        return self._fragments.get(key)

    def put(self, key: _FragmentKey, fragments: _Fragments) -> None:
        """Remember the fragments of a paper."""
        if len(self._fragments) >= self._capacity:
            self._fragments.clear()
        self._fragments[key] = fragments


class _Filled(NamedTuple):
    """The papers of one mail and their lines in the list, encoded."""

    html: list[bytes]
    text: list[bytes]
    entry_html: list[bytes]
    entry_text: list[bytes]


_PlacedItem = tuple[DigestItem, Place, ReasonView]


class DigestAssembler:
    """An assembler of digests from one set of templates, as these are when first used.

    Raises NotCompilableError, or whatever a template raises that does more with a value than
    print it. Such digests have to be rendered plainly.
    """

    def __init__(
        self,
        environment: SandboxedEnvironment,
        words: Words,
        inline: Callable[[str], str],
        fragments: "FragmentCache",
    ) -> None:
        self._environment = environment.overlay(auto_reload=False)
        self._words = words
        self._encodings = SharedEncodings(always=_ALWAYS, filtered=["why", "hint"])
        self._shells = ShellCache(self._environment, words, inline, self._encodings)
        self._inline = inline
        self._fragments = fragments
        self._position_values = lru_cache(_POSITIONS)(self._new_position_values)
        self._encoded_reasons = lru_cache(_WHYS)(self._encode_reasons)

    def assemble(self, names: Names, items: Sequence[DigestItem], room: int) -> Quoted:
        """Return the digest of ``items``; ``names`` are those of ``digest_names``."""
        placed_items = [
            (item, place, reason_view(item, self._words))
            for item, place in placed(items, self._words, Layout(names["layout"]))
        ]
        papers = [
            self._paper(item.paper, _variant(reasons, place, room))
            for item, place, reasons in placed_items
        ]
        filled = self._filled(placed_items, papers, names["links"])
        names = {**names, **paper_names([paper.view for paper in papers])}
        shell, values = self._shells.shell(shape_of(names)), shell_values(names)
        names["subject"] = values["subject"] = subject_line(shell.subject(names, values))
        names["preheader"] = values["preheader"] = shell.preheader(names, values).strip()
        return Quoted(
            names["subject"],
            text=shell.text(names, values, filled.entry_text, filled.text),
            html=shell.html(names, values, filled.entry_html, filled.html),
        )

    def _filled(
        self, items: Sequence[_PlacedItem], papers: Sequence[_Fragments], links: DigestLinks
    ) -> _Filled:
        """Return the papers of one mail and their lines in the list, in HTML and as text."""
        kinds = (links.more, links.less, links.save, links.options)
        starts = {f"{name}<": kind.start for name, kind in zip(_URLS, kinds, strict=True)}
        encoded_starts = self._encodings.encode(starts)
        ends = tuple([kind.end for kind in kinds])
        filled, version = _Filled([], [], [], []), len(self._encodings)
        for (item, place, reasons), paper in zip(items, papers, strict=True):
            position = self._position_values(item.position, place.number, ends, version)
            title, line = paper.marker.spans(reasons.marked)
            hint = hint_of(reasons, place)
            values = _PaperValues(
                section=place.section,
                section_note=place.section_note,
                group=place.group,
                why=reasons.why,
                hint=hint,
                title=title,
                line=line,
            )
            values.fallbacks = (position.values, starts)
            reason = self._encoded_reasons(reasons.why, hint, version)
            encoded = {**encoded_starts, **position.encoded, **reason}
            filled.html.append(paper.html.fill(values, encoded))
            filled.text.append(paper.text.fill(values, encoded))
            filled.entry_html.append(paper.entry_html.fill(values, encoded))
            filled.entry_text.append(paper.entry_text.fill(values, encoded))
        return filled

    def _new_position_values(
        self, position: int, number: int, ends: tuple[str, ...], _version: int
    ) -> _PositionValues:
        values = {f"{name}>": f"{position}{end}" for name, end in zip(_URLS, ends, strict=True)}
        values |= {"place": str(number), "number": aligned(number)}
        return _PositionValues(values, self._encodings.encode(values))

    def _encode_reasons(self, why: str, hint: str, _version: int) -> Encoded:
        return self._encodings.encode({"why": why, "hint": hint})

    def _paper(self, paper: Paper, variant: _Variant) -> _Fragments:
        key = (self._words, paper.key, variant)
        fragments = self._fragments.get(key)
        if fragments is not None and fragments.paper is paper:
            return fragments
        if fragments is not None and fragments.paper == paper:
            fragments = replace(fragments, paper=paper)  # next time one look will do
        else:
            fragments = self._compile(paper, variant)
        self._fragments.put(key, fragments)
        return fragments

    def _compile(self, paper: Paper, variant: _Variant) -> _Fragments:
        view = _impersonal_view(paper, variant, self._words)
        unknown: dict[str, Any] = dict.fromkeys(
            _PERSONAL, self._environment.undefined(name="a value of one reader")
        )
        return _Fragments(
            paper,
            replace(view, **unknown),
            html=self._compile_html(PAPER_HTML, PAPER_MARK, view, variant),
            text=self._compile_text(PAPER_TEXT, view, variant),
            entry_html=self._compile_html(ENTRY_HTML, ENTRY_MARK, view, variant),
            entry_text=self._compile_text(ENTRY_TEXT, view, variant),
            marker=Marker(view.title, view.line),
        )

    def _compile_html(
        self, template: str, mark: str, view: PaperView, variant: _Variant
    ) -> CompiledTemplate:
        """Return a paper's HTML, inlined where ``mark`` stands in the page."""
        placeholders = Placeholders()
        printed = {"paper": _with_placeholders(view, placeholders, variant)}
        html = self._environment.get_template(template).render(printed)
        page = self._shells.page.replace(mark, mark + html + mark)
        _, html, _ = split_at(mark, self._inline(page), 2)
        return self._compiled(html, placeholders, view, html=True)

    def _compile_text(self, template: str, view: PaperView, variant: _Variant) -> CompiledTemplate:
        placeholders = Placeholders()
        printed = {"paper": _with_placeholders(view, placeholders, variant)}
        text = self._environment.get_template(template).render(printed)
        return self._compiled(text, placeholders, view)

    def _compiled(
        self, rendered: str, placeholders: Placeholders, view: PaperView, *, html: bool = False
    ) -> CompiledTemplate:
        return compile_template(
            rendered,
            placeholders,
            self._encodings,
            html=html,
            marked_texts={"title": view.title, "line": view.line},
            split_values=_URLS,
        )


def _variant(reasons: ReasonView, place: Place, room: int) -> _Variant:
    return _Variant(
        reasons.followed,
        bool(reasons.why),
        bool(hint_of(reasons, place)),
        reasons.different,
        bool(place.section),
        bool(place.section_note),
        bool(place.group),
        place.level,
        place.is_full,
        place.is_alone,
        room,
    )


def _impersonal_view(paper: Paper, variant: _Variant, words: Words) -> PaperView:
    """Return a paper as all readers of a variant see it."""
    reasons = [Reason(ReasonKind.AUTHOR, variant.followed)]
    if variant.different:
        reasons.append(Reason(ReasonKind.EXPLORATION, ()))
    item = DigestItem(
        position=0,
        paper=paper,
        profile_id=None,
        profile_name="",
        score=0,
        reasons=tuple(reasons),
    )
    place = Place(0, level=variant.level, is_full=variant.is_full, is_alone=variant.is_alone)
    return paper_view(item, place, words, room=variant.room, **dict.fromkeys(_URLS, ""))


class _PaperValues(dict[str, Any]):
    """The values of a paper; a URL that comes in two halves can be looked up as one, too.

    ``fallbacks`` are the values of its position and the beginnings of its links. Only filters
    ask for those, as else they come encoded.
    """

    fallbacks: tuple[Mapping[str, str], Mapping[str, str]]

    def __missing__(self, name: str) -> str:
        position, starts = self.fallbacks
        if name in position:
            return position[name]
        return f"{starts[name + '<']}{position[name + '>']}"


def _with_placeholders(view: PaperView, placeholders: Placeholders, variant: _Variant) -> PaperView:
    printed = {name: placeholders.new(name) for name in _BY_READER}
    for name in _OPTIONAL:
        if not getattr(variant, f"has_{name}"):
            printed[name] = ""
    return replace(
        view,
        marked_title=placeholders.segments("title"),
        marked_line=placeholders.segments("line"),
        **printed,
    )
