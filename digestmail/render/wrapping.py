"""Paragraphs of the text part of a mail, wrapped to lines."""

import re
import unicodedata
from functools import lru_cache

# Chinese and Japanese letters and signs: a line may be broken beside each. Korean has blanks.
_IDEOGRAPHIC = re.compile(
    "[\u2e80-\u2fdf\u3000-\u30ff\u3100-\u312f\u31f0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff01-\uff9f\U00020000-\U0003ffff]"
)
_WIDE = re.compile(f"{_IDEOGRAPHIC.pattern}|[\u1100-\u115f\uac00-\ud7a3]")
_BLANK_BEHIND_SIGN = re.compile("(?<=[。，、；：！？）]) ")
# Where no line may be broken all the same: JIS X 4051 and GB/T 15834, as most programs keep them.
_NO_LINE_ENDS_WITH = frozenset("「『（【〈《〔［｛〖〘｟“‘([{")
_NO_LINE_BEGINS_WITH = frozenset(
    "、。，．・：；？！」』】〉》〕］｝）〗〙｠”’)]},.:;!?%％‰°々〻ー～〜…‥ゝゞヽヾ"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
)


def wrap(text: str, indent: int = 0, *, hanging: int = 0, width: int = 72, label: str = "") -> str:
    """Return ``text`` as a paragraph of lines up to ``width``; a longer word has its own line.

    All lines are indented by ``indent``, those after the first by ``hanging`` more. The first
    begins with ``label``. Chinese, Japanese and Korean letters take two columns.
    """
    # By hand, as textwrap takes 10 times as long and every mail has 20 reasons to wrap.
    remaining = closed_up(" ".join(f"{label}{text}".split()))
    next_break = _break_by_columns if _WIDE.search(remaining) else _break_at_blank
    lines, start = [], " " * indent
    while end := next_break(remaining, width - len(start)):
        lines.append(start + remaining[:end].rstrip(" "))
        remaining, start = remaining[end:].lstrip(" "), " " * (indent + hanging)
    return "\n".join([*lines, start + remaining]) if remaining else ""


def closed_up(text: str) -> str:
    """Return ``text`` without blanks behind full-width signs, which bring their own."""
    return _BLANK_BEHIND_SIGN.sub("", text)


def _break_at_blank(text: str, room: int) -> int:
    """Return how many letters of ``text`` fill a line of ``room`` columns; 0 for all of them."""
    if len(text) <= room:
        return 0
    end = text.rfind(" ", 0, room + 1)
    return max(0, end if end >= 0 else text.find(" "))


def _break_by_columns(text: str, room: int) -> int:
    """Return the same for a text with wide letters, beside which a line may be broken too."""
    column = end = 0
    for position in range(1, len(text) + 1):
        column += _columns(text[position - 1])
        if column > room and end and not text[position - 1].isspace():
            return end
        if position < len(text) and _may_break(text[position - 1], text[position]):
            end = position
    return 0


def _may_break(before: str, after: str) -> bool:
    """Return whether a line may end between two letters."""
    if " " in (before, after):
        return after == " "
    wide = _IDEOGRAPHIC.match(before) or _IDEOGRAPHIC.match(after)
    return bool(wide) and before not in _NO_LINE_ENDS_WITH and after not in _NO_LINE_BEGINS_WITH


@lru_cache(maxsize=4096)
def _columns(letter: str) -> int:
    """Return how many columns a letter takes where all have one width."""
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
