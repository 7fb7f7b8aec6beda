r"""Records of a listing saved as plain text.

Two kinds are known, distinguished by arXiv's lines of ``\\``:

- arXiv's mailing: between ``\\`` lines an ``arXiv:`` number, ``Title:``, ``Authors:`` and so on
  (going on in indented lines), then the abstract. Replacements come without one and are left out.
- titles and abstracts in turn, as copied from a page of trending papers. Lines that only count
  votes or name buttons are left out. Where the others come in pairs, the second always the longer
  and twice as long on the whole, they are titles and abstracts. Else a line or paragraph that is
  long or ends as a sentence does is an abstract, or more of the last one; a short one is a title.
  Where hardly a line is long, paragraphs are taken for wrapped: the first line is the title,
  unless there is one before.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from digestmail.sources.normalise.paper import LocatedRecord, Record

_TITLE_LIMIT = 250  # longer lines are no titles
_WIDEST_MARGIN = 160  # where a fifth of the lines are longer, they were not wrapped
_LAST_WORDS = re.compile(r".*[.…]['\")\]”’]*", re.DOTALL)  # titles end in "?" and "!" too
_SHORTEST_SENTENCE = 10  # words; "Attention is all you need." is a title
_NOISE = re.compile(
    r"[\W\d_]*[km]?"  # counts: "42", "1.2k", "· 7"
    r"|(?:submitted by|published on)\b.{1,60}"
    r"|(?:up ?votes?|github|arxiv(?: page)?|hugging ?face|project page|view all|pdf|share)"
    r"[\W\d_]*[km]?"
    r"|[\W\d]+(?:authors?|comments?|up ?votes?|stars?)",
    re.IGNORECASE,
)
_ID = re.compile(r"arXiv:\s?(\S+)")
_FIELD = re.compile(r"([A-Z][A-Za-z-]{2,20})(?: \(v1\))?:\s+(.*)")
_RULE = re.compile(r"\s*(?:-{10,}|%{2}-*%{2}-*|%-{2,}.*)\s*")


def read_plain_listing(lines: Sequence[str]) -> Iterator[LocatedRecord]:
    """Yield each paper of a listing: its line, and its record or its problem."""
    lines = [line.strip("\ufeff\r\n") for line in lines]
    is_mailing = any(line.rstrip() == "\\\\" for line in lines)
    return _mailing(lines) if is_mailing else _in_turn(lines)


# --- titles and abstracts in turn ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


def _in_turn(lines: Sequence[str]) -> Iterator[LocatedRecord]:
    numbered = [_Line(number, line.strip()) for number, line in enumerate(lines, 1)]
    content = [line for line in numbered if not (line.text and _NOISE.fullmatch(line.text))]
    full = [line for line in content if line.text]
    if _is_paired(full):
        for title, abstract in zip(full[::2], full[1::2], strict=True):
            yield _paper(title, [abstract.text])
    else:
        is_wrapped = 5 * sum(len(line.text) > _WIDEST_MARGIN for line in full) < len(full)
        yield from _matched(_unwrapped(content) if is_wrapped else iter(full))


def _is_paired(full: Sequence[_Line]) -> bool:
    titles, abstracts = ([len(line.text) for line in half] for half in (full[::2], full[1::2]))
    if len(titles) != len(abstracts) or sum(abstracts) < 2 * sum(titles):
        return False
    return all(short < long for short, long in zip(titles, abstracts, strict=True))


def _unwrapped(lines: Sequence[_Line]) -> Iterator[_Line]:
    """Yield the titles and abstracts, with the wrapped lines of a paragraph joined."""
    follows_title = False
    for paragraph in _paragraphs(lines):
        for piece in _split(paragraph, follows_title=follows_title):
            yield piece
            follows_title = not _is_abstract(piece.text)


def _split(paragraph: Sequence[_Line], *, follows_title: bool) -> list[_Line]:
    if all(_is_abstract(line.text) for line in paragraph[1::2]):
        return list(paragraph)  # no line is wrapped
    body = _joined(paragraph[1:])
    if _is_abstract(body.text) and not follows_title:
        return [paragraph[0], body]
    return [_joined(paragraph)]


def _joined(lines: Sequence[_Line]) -> _Line:
    return _Line(lines[0].number, " ".join(line.text for line in lines))


def _paragraphs(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    paragraph: list[_Line] = []
    for line in [*lines, _Line(0, "")]:
        if line.text:
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []


def _is_abstract(text: str) -> bool:
    is_sentence = text.count(" ") >= _SHORTEST_SENTENCE and _LAST_WORDS.fullmatch(text)
    return len(text) > _TITLE_LIMIT or bool(is_sentence)


def _matched(pieces: Iterator[_Line]) -> Iterator[LocatedRecord]:
    title: _Line | None = None
    abstract: list[str] = []
    for piece in pieces:
        if not _is_abstract(piece.text):
            if title:
                yield _paper(title, abstract)
            title, abstract = piece, []
        elif title:
            abstract.append(piece.text)
        else:
            yield f"line {piece.number}", "it is an abstract without a title before it"
    if title:
        yield _paper(title, abstract)


def _paper(title: _Line, abstract: Sequence[str]) -> LocatedRecord:
    if not abstract:
        return f"line {title.number}", f"there is no abstract after “{title.text[:60]}”"
    return f"line {title.number}", {"title": title.text, "abstract": " ".join(abstract)}


# --- arXiv's mailing -------------------------------------------------------------------------


@dataclass(slots=True)
class _Section:
    r"""The lines up to a ``\\`` line, which is ``mark``; empty where the file ends instead."""

    number: int
    lines: list[str]
    mark: str = ""


def _mailing(lines: Sequence[str]) -> Iterator[LocatedRecord]:
    sections = list(_sections(lines))
    for at, section in enumerate(sections):
        numbers = [match for line in section.lines if (match := _ID.match(line))]
        if not numbers:
            continue
        has_abstract = section.mark.rstrip() == "\\\\"  # a replacement has none
        abstract = sections[at + 1] if has_abstract and at + 1 < len(sections) else None
        if not section.mark or (abstract and not abstract.mark):
            yield f"line {section.number}", "the listing is truncated here"
        elif abstract:
            yield f"line {section.number}", _entry(numbers[-1][1], section.lines, abstract.lines)


def _sections(lines: Sequence[str]) -> Iterator[_Section]:
    section = _Section(1, [])
    for number, line in enumerate(lines, 1):
        if line.startswith("\\\\"):
            section.mark = line
            yield section
            section = _Section(number + 1, [])
        elif _RULE.fullmatch(line):
            section.lines.clear()
            section.number = number + 1
        else:
            section.lines.append(line)
    yield section


def _entry(number: str, head: Sequence[str], abstract: Sequence[str]) -> Record:
    fields = _fields(head)
    return {
        "id": number,
        "title": fields.get("Title", ""),
        "authors": fields.get("Authors", "") or fields.get("Author", ""),
        "categories": fields.get("Categories", ""),
        "doi": fields.get("DOI", "").partition(" ")[0],
        "published": _date(fields.get("Date", "")),
        "abstract": " ".join(abstract),
    }


def _fields(lines: Sequence[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    last = ""
    for line in lines:
        if match := _FIELD.fullmatch(line):
            last = match[1]
            fields[last] = match[2]
        elif last and line.startswith("  "):
            fields[last] += " " + line.strip()
    return fields


def _date(text: str) -> str:
    try:
        date: datetime = parsedate_to_datetime(text.partition("(")[0].strip())
    except (ValueError, OverflowError):
        return ""
    return date.isoformat()
