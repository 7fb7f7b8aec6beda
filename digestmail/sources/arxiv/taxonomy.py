"""arXiv's taxonomy: groups of archives, archives of categories; https://arxiv.org/category_taxonomy.

The table lies in ``arxiv_taxonomy.csv``. Its ``kind`` is ``category``, ``archive`` (one that is
divided into categories), ``group`` or ``closed``; ``see`` names the category's twin, the same one
under another archive (cs.SY is eess.SY), or the category that took a closed archive in.
"""

import csv
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from digestmail.errors import InputError
from digestmail.text import one_line, words

_TABLE = Path(__file__).with_name("taxonomy.csv")
_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class _Entry:
    code: str
    name: str
    group: str
    kind: str
    see: str

    @property
    def archive(self) -> str:
        return self.code.partition(".")[0]


@lru_cache(maxsize=1)
def _table() -> dict[str, _Entry]:
    """The entries by code."""
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: _Entry(**row) for row in csv.DictReader(lines)}


@lru_cache(maxsize=1)
def _spellings() -> dict[str, _Entry]:
    return {code.lower(): entry for code, entry in _table().items()}


# --- what a person asks for ------------------------------------------------------------------


def check_category(text: str) -> str:
    """The code of a category, an archive or a group, as arXiv spells it; or InputError.

    An archive stands for all its categories: ``cs`` or ``cs.*``, and ``physics`` for those whose
    code begins with it, as in arXiv's own lists. ``grp_physics`` is all of physics, from astro-ph
    to quant-ph. The case of letters does not matter.
    """
    entry = _spellings().get(one_line(text).lower().removesuffix(".*"))
    if entry is None:
        raise InputError("categories", f"{_unknown(text)}{_suggestion(text)}")
    if entry.kind == "closed":
        raise InputError("categories", f"“{entry.code}” is closed: use {entry.see}")
    return entry.code


def checked_spelling(text: str) -> str:
    """As ``check_category``, but spelt otherwise than arXiv does it is refused too."""
    code = check_category(text)
    if code != text:
        raise InputError("categories", f"{_unknown(text)}: write {code}")
    return code


def is_known(code: str) -> bool:
    """Whether arXiv has a category, archive or group of this code, however it is spelt."""
    return one_line(code).lower().removesuffix(".*") in _spellings()


def codes_named(text: str) -> list[str]:
    """A few categories whose names hold all words of a text: ``cs.CV`` for computer vision."""
    asked = {word.stem for word in words(text)}
    return [
        entry.code
        for entry in _table().values()
        if entry.kind == "category" and asked <= {word.stem for word in words(entry.name)}
    ][:_SUGGESTIONS]


def _unknown(text: str) -> str:
    return f"“{one_line(text)[:60]}” is no arXiv category"


def _suggestion(text: str) -> str:
    """What was perhaps meant, by code or by name."""
    text = one_line(text)[:60].lower()
    open_entries = [entry for entry in _table().values() if entry.kind != "closed"]
    codes = {entry.code.lower(): [entry.code] for entry in open_entries}
    names: dict[str, list[str]] = {}
    for entry in open_entries:
        names.setdefault(entry.name.lower(), []).append(entry.code)
    known = names | codes
    found = difflib.get_close_matches(text, known, n=_SUGGESTIONS)
    near = [code for word in found for code in known[word]][:_SUGGESTIONS]
    return f"; did you mean {' or '.join(near)}?" if near else " such as cs.AI or astro-ph"


# --- what it stands for ----------------------------------------------------------------------


def expand(patterns: Iterable[str]) -> tuple[str, ...]:
    """Every code that papers of these categories, archives and groups may bear, each once.

    That is the categories, their twins, and the bare archive, which old papers bear. Raises
    InputError as ``check_category`` does.
    """
    codes: dict[str, None] = {}
    for pattern in patterns:
        for entry in _members(_table()[check_category(pattern)]):
            codes |= dict.fromkeys(filter(None, (entry.code, entry.see)))
    return tuple(codes)


def _members(whole: _Entry) -> list[_Entry]:
    if whole.kind == "category":
        return [whole]
    of_group = whole.kind == "group"
    return [
        entry
        for entry in _table().values()
        if entry.kind in ("archive", "category")
        and (entry.group == whole.group if of_group else entry.archive == whole.code)
    ]


def feed_names(categories: Iterable[str]) -> tuple[str, ...]:
    """The codes under which arXiv's feeds know these: they know archives, but no groups."""
    names: dict[str, None] = {}
    for category in map(check_category, categories):
        members = _members(_table()[category])
        is_group = _table()[category].kind == "group"
        names |= dict.fromkeys([m.archive for m in members] if is_group else [category])
    return tuple(names)


def oai_set(category: str) -> str:
    """The set of arXiv's OAI-PMH service: ``cs:cs:AI``, ``physics:hep-th``, ``cs``."""
    entry = _table()[check_category(category)]
    if entry.kind == "group" or (entry.kind == "archive" and _fills_its_group(entry)):
        return entry.group
    return f"{entry.group}:{entry.code.replace('.', ':')}"


def _fills_its_group(archive: _Entry) -> bool:
    return archive.code == archive.group != "physics"


def oai_sets(categories: Iterable[str]) -> tuple[str, ...]:
    """The sets that hold these categories; none that lies inside another one."""
    found = tuple(dict.fromkeys(map(oai_set, categories)))
    return tuple(s for s in found if not any(s.startswith(f"{other}:") for other in found))


def arxiv_categories(terms: Iterable[str]) -> tuple[str, ...]:
    """Those of a record's terms that are arXiv's categories, in order, with their twins.

    The API mixes in codes of MSC and ACM, and leaves out twins that the feed and OAI-PMH tell.
    """
    codes: dict[str, None] = {}
    for entry in filter(None, map(_table().get, terms)):
        twin = entry.see if entry.kind == "category" else ""
        codes |= dict.fromkeys(filter(None, (entry.code, twin)))
    return tuple(codes)
