"""arXiv's taxonomy: groups of archives, archives of categories; https://arxiv.org/category_taxonomy.

The table lies in ``taxonomy.csv``. Its ``kind`` is ``category``, ``archive`` (one that is
divided into categories), ``group`` or ``closed``; ``see`` names the category's twin, the same one
under another archive (cs.SY is eess.SY), or the category that took a closed archive in.
"""

import csv
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rapidfuzz.distance import OSA

from digestmail.errors import InputError
from digestmail.text import one_line, words

_TABLE = Path(__file__).with_name("taxonomy.csv")
_SUGGESTIONS = 3
_LONGEST_TYPED = 60  # characters


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
    """Return the entries by code."""
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: _Entry(**row) for row in csv.DictReader(lines)}


@lru_cache(maxsize=1)
def _spellings() -> dict[str, _Entry]:
    return {code.lower(): entry for code, entry in _table().items()}


# --- reading a category ----------------------------------------------------------------------


def check_category(text: str) -> str:
    """Return the code of a category, archive or group as arXiv spells it; or InputError.

    An archive stands for all its categories: ``cs`` or ``cs.*``, and ``physics`` for those whose
    code begins with it, as in arXiv's own lists. ``grp_physics`` is all of physics, from astro-ph
    to quant-ph. The case of letters does not matter.
    """
    entry = _spellings().get(one_line(text).lower().removesuffix(".*"))
    if entry is None:
        raise InputError("categories", f"{_unknown(text)}{_suggestion(text)}")
    if entry.kind == "closed":
        raise InputError("categories", f"“{entry.code}” is closed; use {entry.see}")
    return entry.code


def check_exact_category(text: str) -> str:
    """Return the code as ``check_category`` does; InputError also for another spelling."""
    code = check_category(text)
    if code != text:
        raise InputError("categories", f"{_unknown(text)}: write {code}")
    return code


def is_known(code: str) -> bool:
    """Return whether arXiv has a category, archive or group of this code, in any spelling."""
    return one_line(code).lower().removesuffix(".*") in _spellings()


def nearest_categories(text: str, others: Iterable[str] = ()) -> list[str]:
    """Return a few codes that a text which is no code may mean, the likeliest first.

    A name (``computer vision``), the end of a code (``CV``), or a code with a slip (``csCV``,
    ``cs.VC``, ``cs.CVV``). ``others`` are codes of other archives, the most frequent first.
    """
    text = one_line(text)[:_LONGEST_TYPED]
    named = _named(text)
    if named:
        return named[:_SUGGESTIONS]
    codes = [entry.code for entry in _table().values() if entry.kind not in ("closed", "group")]
    known = list(dict.fromkeys([*others, *codes]))
    letters = _letters(text)
    distances = {code: OSA.distance(letters, _letters(code)) for code in known if letters}
    same = [code for code, distance in distances.items() if distance == 0]
    endings = [code for code in distances if _letters(code.partition(".")[2]) == letters]
    slips = [code for code, distance in distances.items() if distance == 1]
    swapped = [code for code in slips if sorted(_letters(code)) == sorted(letters)]
    return (same or endings or swapped or slips)[:_SUGGESTIONS]


def _named(text: str) -> list[str]:
    """Return the categories whose names have all words of a text."""
    stems = {word.stem for word in words(text)}
    return [
        entry.code
        for entry in _table().values()
        if entry.kind == "category" and stems and stems <= {word.stem for word in words(entry.name)}
    ]


def _letters(code: str) -> str:
    return "".join(filter(str.isalnum, code.lower()))


def _unknown(text: str) -> str:
    return f"“{one_line(text)[:60]}” is not an arXiv category"


def _suggestion(text: str) -> str:
    """Return a question with the codes nearest to ``text``, by code or by name."""
    text = one_line(text)[:60].lower()
    open_entries = [entry for entry in _table().values() if entry.kind != "closed"]
    codes = {entry.code.lower(): [entry.code] for entry in open_entries}
    names: dict[str, list[str]] = {}
    for entry in open_entries:
        names.setdefault(entry.name.lower(), []).append(entry.code)
    known = names | codes
    matches = difflib.get_close_matches(text, known, n=_SUGGESTIONS)
    nearest = [code for match in matches for code in known[match]][:_SUGGESTIONS]
    return f"; did you mean {' or '.join(nearest)}?" if nearest else " such as cs.AI or astro-ph"


# --- its papers, feeds and sets --------------------------------------------------------------


def expand(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return each code that papers of these categories, archives and groups may bear.

    That is the categories, their twins, and the bare archive, which old papers bear. Raises
    InputError as ``check_category`` does.
    """
    codes: dict[str, None] = {}
    for pattern in patterns:
        for entry in _members(_table()[check_category(pattern)]):
            codes |= dict.fromkeys(filter(None, (entry.code, entry.see)))
    return tuple(codes)


def _members(parent: _Entry) -> list[_Entry]:
    if parent.kind == "category":
        return [parent]
    of_group = parent.kind == "group"
    return [
        entry
        for entry in _table().values()
        if entry.kind in ("archive", "category")
        and (entry.group == parent.group if of_group else entry.archive == parent.code)
    ]


def feed_names(categories: Iterable[str]) -> tuple[str, ...]:
    """Return the names of these in arXiv's feeds, which know archives but no groups."""
    names: dict[str, None] = {}
    for category in map(check_category, categories):
        members = _members(_table()[category])
        is_group = _table()[category].kind == "group"
        names |= dict.fromkeys([m.archive for m in members] if is_group else [category])
    return tuple(names)


def oai_set(category: str) -> str:
    """Return the set of arXiv's OAI-PMH service: ``cs:cs:AI``, ``physics:hep-th``, ``cs``."""
    entry = _table()[check_category(category)]
    is_all_of_group = entry.kind == "archive" and entry.code == entry.group != "physics"
    if entry.kind == "group" or is_all_of_group:
        return entry.group
    return f"{entry.group}:{entry.code.replace('.', ':')}"


def oai_sets(categories: Iterable[str]) -> tuple[str, ...]:
    """Return the sets that hold these categories, none that lies inside another one."""
    sets = tuple(dict.fromkeys(map(oai_set, categories)))
    return tuple(name for name in sets if not any(name.startswith(f"{s}:") for s in sets))


def arxiv_categories(terms: Iterable[str]) -> tuple[str, ...]:
    """Return the terms that are arXiv's categories, in order, with their twins.

    The API mixes in codes of MSC and ACM, and leaves out twins that the feed and OAI-PMH have.
    """
    codes: dict[str, None] = {}
    for entry in filter(None, map(_table().get, terms)):
        twin = entry.see if entry.kind == "category" else ""
        codes |= dict.fromkeys(filter(None, (entry.code, twin)))
    return tuple(codes)
