"""Titles, names and abstracts as sources send them, made plain text.

Sources mix three habits: plain text with bare ``<`` and ``&``, text escaped once too often, and
HTML or JATS markup. Only well-formed tags of known names are taken for markup; all else is text.
"""

import html
import re
from collections.abc import Iterator
from html.entities import html5

import nh3

from digestmail.text import one_line

_BLOCK_NAMES = (
    "article aside blockquote br caption center dd div dl dt figure footer h1 h2 h3 h4 h5 h6 header"
    " hr iframe img li main nav ol p pre script sec section style table tbody td tfoot th thead"
    " title tr ul"
)
_INLINE_NAMES = (
    "a abbr acronym annotation b bdi bdo big bold cite code del dfn disp-formula em ext-link font i"
    " inline-formula ins italic kbd mark math mfrac mi mn mo monospace mover mrow mroot mspace"
    " msqrt mstyle msub msubsup msup mtext munder munderover noscript q s samp sc scp semantics"
    " small span strike strong sub sup svg tex-math tt u underline var wbr xref"
)
_BLOCK = frozenset(_BLOCK_NAMES.split())
_KNOWN = _BLOCK.union(_INLINE_NAMES.split())
_WITHOUT_CONTENT = frozenset({"script", "style"})
_ALONE = frozenset({"br", "hr", "img", "li", "p", "wbr"})  # need no closing tag

_ENTITY = re.compile(r"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));")
# Attributes must have values, so that "a <b and b> c" stays an inequality; their number is
# bounded, so that hostile text cannot make the search quadratic.
_TAG = re.compile(
    r"<(?P<closing>/)?(?:(?P<prefix>jats|mml|xhtml):)?(?P<name>[a-z][a-z0-9-]{0,20})"
    r"(?:\s+[\w:.-]{1,40}\s?=\s?(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'=<>`/]+)){0,20}\s?(?P<empty>/)?>"
    r"|(?P<comment><!--)",
    re.IGNORECASE | re.ASCII,
)
_SCRIPT = re.compile(
    r"<((?:jats:)?su([bp]))>\s?([0-9+\-−=()]{1,20})\s?</\1>", re.IGNORECASE | re.ASCII
)
_RAISED = str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_PASSES = 5  # removing a tag can put another together: "<<b>b>"


def clean(raw: str) -> str:
    """Return ``raw`` as one line of plain text; LaTeX and comparisons such as ``a<b`` stay.

    Control characters and bidi overrides go, entities are decoded once, known HTML, JATS and
    MathML tags are removed, scripts and style sheets with their content.
    """
    text = one_line(_ENTITY.sub(_character, raw))
    for _ in range(_PASSES):
        text = _SCRIPT.sub(_unicode_script, text)
        tags = list(_markup(text))
        if not tags:
            break
        text = one_line(_stripped(text, tags))
    return text


def _character(entity: re.Match[str]) -> str:
    if entity[1]:
        return html.unescape(entity[0])
    return html5.get(entity[2] + ";", entity[0])


def _unicode_script(match: re.Match[str]) -> str:
    return match[3].translate(_LOWERED if match[2] in "bB" else _RAISED)


def _markup(text: str) -> Iterator[re.Match[str]]:
    """Yield the tags of ``text`` that are markup: known, and opened and closed as they must be."""
    tags = [tag for tag in _TAG.finditer(text) if tag["comment"] or _is_known(tag)]
    opened: dict[str, int] = {}
    closed: dict[str, int] = {"comment": text.rfind("-->")}
    for tag in tags:
        if tag["closing"]:
            closed[_full_name(tag)] = tag.start()
        else:
            opened.setdefault(_full_name(tag), tag.start())
    for tag in tags:
        name, at = _full_name(tag), tag.start()
        is_paired = opened.get(name, at) < at if tag["closing"] else closed.get(name, at) > at
        if is_paired or _stands_alone(tag):
            yield tag


def _is_known(tag: re.Match[str]) -> bool:
    return bool(tag["prefix"]) or tag["name"].lower() in _KNOWN


def _full_name(tag: re.Match[str]) -> str:
    if tag["comment"]:
        return "comment"
    return f"{tag['prefix'] or ''}:{tag['name']}".lower()


def _stands_alone(tag: re.Match[str]) -> bool:
    if tag["comment"] or tag["name"].lower() in _WITHOUT_CONTENT:
        return False
    return bool(tag["empty"] or tag["prefix"]) or tag["name"].lower() in _ALONE


def _stripped(text: str, tags: list[re.Match[str]]) -> str:
    pieces, end = [], 0
    for tag in tags:
        pieces += [html.escape(text[end : tag.start()], quote=False), _neutral(tag)]
        end = tag.end()
    pieces.append(html.escape(text[end:], quote=False))
    markup = "".join(pieces).replace("--&gt;", "-->")
    return html.unescape(nh3.clean(markup, tags=set(), clean_content_tags=set(_WITHOUT_CONTENT)))


def _neutral(tag: re.Match[str]) -> str:
    """Return a tag that nh3 removes without content, which ``<title>`` or ``<math>`` would lose."""
    if tag["comment"]:
        return tag[0]
    name = tag["name"].lower()
    neutral = name if name in _WITHOUT_CONTENT and not tag["prefix"] else "span"
    space = " " if name in _BLOCK else ""
    return f"{space}<{tag['closing'] or ''}{neutral}>"
