"""Records out of BibTeX, as reference managers and Google Scholar write it.

``keywords`` are left aside: they are no categories of a source, and a paper that named them as such
would be hidden from all who chose categories.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence

from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.middlewares import (
    NormalizeFieldKeys,
    RemoveEnclosingMiddleware,
    ResolveStringReferencesMiddleware,
    SeparateCoAuthors,
)
from bibtexparser.middlewares.names import parse_single_name_into_parts
from bibtexparser.model import (
    Block,
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ParsingFailedBlock,
    String,
)

from digestmail.sources.keys import arxiv_id
from digestmail.text import one_line, readable

logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # it logs what it gives back as well

_MIDDLEWARES = (
    NormalizeFieldKeys(),
    ResolveStringReferencesMiddleware(),
    RemoveEnclosingMiddleware(),
    SeparateCoAuthors(),
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_ARXIV = re.compile(r"\b(?:arxiv:\s?|abs/)(\S{6,30}\d)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([_%&#~{}])")
_URL = re.compile(r"\\url\s*\{([^{}]*)\}")
_MACRO = re.compile(r"(?:\\(?:[A-Za-z]+\s*|[^A-Za-z\s]\s?)|[_^\]}])\Z")


def read_bibtex(text: str) -> Iterator[tuple[str, Mapping[str, object] | str]]:
    """Each entry of ``text``: where it stands, and its record or what is wrong with it.

    LaTeX stays in titles and abstracts, without the braces that only keep capitals; names are made
    readable. ``@string`` is understood, cross-references are not.
    """
    blocks = [_unwrapped(block) for block in parse_string(text, parse_stack=[]).blocks]
    for number, entry in enumerate(block for block in blocks if isinstance(block, Entry)):
        entry.key = str(number)  # two entries of one name are two papers here
    known = Library()
    wanted: list[Block] = [block for block in blocks if isinstance(block, String | Entry)]
    known.add(wanted, fail_on_duplicate_key=False)  # of two @string of a name the first counts
    for middleware in _MIDDLEWARES:
        known = middleware.transform(known)
    located = [(entry.start_line or 0, _record(entry)) for entry in known.entries]
    located += [
        (b.start_line or 0, _problem(b)) for b in blocks if isinstance(b, ParsingFailedBlock)
    ]
    for line, record in sorted(located, key=lambda item: item[0]):
        yield f"line {line + 1}", record


def _unwrapped(block: Block) -> Block:
    """An entry that repeats a name or a field is still an entry."""
    if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
        return block.ignore_error_block or block
    return block


def _problem(block: ParsingFailedBlock) -> Mapping[str, object] | str:
    detail = one_line(getattr(block.error, "abort_reason", "") or str(block.error))
    return f"it is not BibTeX: {detail[:200]}"


def _record(entry: Entry) -> Mapping[str, object] | str:
    fields = {name: field.value for name, field in entry.fields_dict.items()}
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    return {
        "title": unbraced(texts.get("title", "")),
        "abstract": unbraced(texts.get("abstract", "")),
        "authors": _authors(fields.get("author")),
        "arxiv_id": _arxiv(texts),
        "doi": _plain(texts.get("doi", "")),
        "url": _plain(texts.get("url", "")),
        "categories": texts.get("primaryclass", ""),
        "published": _published(texts),
    }


# --- fields ----------------------------------------------------------------------------------


def _authors(value: object) -> list[str]:
    names = value if isinstance(value, list) else []
    return [_name(name) for name in names if name.strip().lower() != "others"]


def _name(text: str) -> str:
    """A name in reading order; a comma in braces is part of it ("{Teapots, Inc.}")."""
    parts = parse_single_name_into_parts(text, strict=False)
    return one_line(unbraced(readable(unbraced(parts.merge_first_name_first))).replace("~", " "))


def _arxiv(texts: Mapping[str, str]) -> str:
    """The arXiv id: told by eprint, or as Google Scholar and DBLP tell it."""
    eprint = _plain(texts.get("eprint", ""))
    if arxiv_id(eprint):
        return eprint
    for name in ("journal", "volume", "note", "howpublished", "number"):
        found = _ARXIV.search(_plain(texts.get(name, "")))
        if found and arxiv_id(found[1]):
            return found[1]
    return ""


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", _URL.sub(r"\1", text)).strip(" {}\n\t")


def _published(texts: Mapping[str, str]) -> str:
    """The date in ISO 8601, empty where no month is known: a year says too little."""
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", texts.get("date", "")):
        return texts["date"][:10]
    year = re.search(r"[0-9]{4}", texts.get("year", "") or texts.get("date", ""))
    month = _month(texts.get("month", "") or texts.get("date", "")[5:7])
    day = re.fullmatch(r"\s*([0-9]{1,2})\s*", texts.get("day", ""))
    return f"{year[0]}-{month:02}-{int(day[1]) if day else 1:02}" if year and month else ""


def _month(text: str) -> int:
    text = text.strip(" {}").lower()
    if text[:3] in _MONTHS:
        return _MONTHS.index(text[:3]) + 1
    return int(text) if re.fullmatch(r"0?[1-9]|1[0-2]", text) else 0


# --- braces ----------------------------------------------------------------------------------


def unbraced(text: str) -> str:
    r"""``text`` without the braces that only protect capitals: ``{BERT}``, but not ``{\"o}``.

    Braces in formulas, after a macro, and around one are LaTeX's own and stay.
    """
    dropped: set[int] = set()
    opened: list[int] = []
    in_math = False
    for at, character in enumerate(text):
        if character not in "${}" or _is_escaped(text, at):
            continue
        if character == "$":
            in_math = not in_math
        elif character == "{":
            opened.append(-1 if in_math or _is_latex(text, at) else at)
        elif opened and (start := opened.pop()) >= 0:
            dropped |= {start, at}
    return "".join(c for at, c in enumerate(text) if at not in dropped)


def _is_escaped(text: Sequence[str], at: int) -> bool:
    slashes = 0
    while at > slashes and text[at - slashes - 1] == "\\":
        slashes += 1
    return slashes % 2 == 1


def _is_latex(text: str, at: int) -> bool:
    """Whether the brace at ``at`` is a macro's: around it, or the start of its argument."""
    return text[at + 1 : at + 2] == "\\" or bool(_MACRO.search(text, max(0, at - 30), at))
