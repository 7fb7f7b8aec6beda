"""Macros that do something with their arguments: fractions, accents, addresses, units."""

import re
import unicodedata
from collections.abc import Callable
from typing import Protocol

from digestmail.text.latex_symbols import ACCENTS, names, styled
from digestmail.text.scripts import fraction, root, script

_DOTLESS = {"ı": "i", "ȷ": "j"}
_SLASH = "\u0338"
_CHEMICAL = re.compile(r"(?<=[A-Za-z)\]])(?P<count>[0-9]+)|\^(?P<charge>[0-9]*[+-])")


class Arguments(Protocol):
    """What stands after a macro."""

    @property
    def tail(self) -> str:
        """The last characters that were read."""

    def argument(self, *, in_formula: bool | None = None, may_be_apart: bool = False) -> str:
        """Return the next group, macro or character, read; empty where none follows."""

    def skipped(self, opening: str, closing: str) -> str:
        """Return the source of an argument in braces or brackets, passed over."""

    def is_followed(self) -> bool:
        """Return whether a letter, a digit or a macro of letters comes right after."""


def accented(mark: str, text: str) -> str:
    """Return ``text`` with an accent on its first letter."""
    if not text[:1].isalpha():
        return mark + text if len(mark) == 1 and not (mark.isalpha() and not text) else text
    letter = unicodedata.normalize("NFC", _DOTLESS.get(text[0], text[0]) + ACCENTS[mark])
    if len(letter) > 1 and mark in ("'", '"'):
        return mark + text  # no letter of any language: a quotation mark that was escaped
    return letter + text[1:]


def _accent(mark: str) -> Callable[[Arguments], str]:
    return lambda source: accented(mark, source.argument(may_be_apart=True))


def _accent_of_formula(mark: str) -> Callable[[Arguments], str]:
    def read(source: Arguments) -> str:
        text = source.argument()
        return accented(mark, text) if len(text) == 1 else text

    return read


def _fraction(source: Arguments) -> str:
    space = " " if source.tail[-1:].isdigit() else ""
    numerator, denominator = source.argument(), source.argument()
    return space + fraction(numerator, denominator, is_followed=source.is_followed())


def _root(source: Arguments) -> str:
    index = source.skipped("[", "]").strip()
    return root(index, source.argument())


def _binomial(source: Arguments) -> str:
    above, below = source.argument(), source.argument()
    return f"({above} choose {below})"


def _over(mark: str) -> Callable[[Arguments], str]:
    def read(source: Arguments) -> str:
        small, base = source.argument(), source.argument()
        return base + script(mark, small)

    return read


def _slashed(source: Arguments) -> str:
    text = source.argument()
    return unicodedata.normalize("NFC", text[:1] + _SLASH) + text[1:] if text else ""


def _linked(source: Arguments) -> str:
    address = _address(source)
    text = source.argument()
    return f"{text} ({address})" if text.strip() and address not in text else text or address


def _address(source: Arguments) -> str:
    return source.skipped("{", "}").replace("\\", "").strip()


def _arrow(arrow: str) -> Callable[[Arguments], str]:
    def read(source: Arguments) -> str:
        source.skipped("[", "]")
        source.skipped("{", "}")
        return arrow

    return read


def _environment(source: Arguments) -> str:
    if source.skipped("{", "}") in ("array", "tabular", "tabular*"):
        source.skipped("[", "]")
        source.skipped("{", "}")
    return " "


def _chemical(source: Arguments) -> str:
    def scripts(match: re.Match[str]) -> str:
        return script("_", match["count"]) if match["count"] else script("^", match["charge"])

    return _CHEMICAL.sub(scripts, source.skipped("{", "}").replace("->", "→"))


def _joined(count: int) -> Callable[[Arguments], str]:
    def read(source: Arguments) -> str:
        source.skipped("[", "]")
        return " ".join(filter(None, (source.argument() for _ in range(count))))

    return read


def _scripted(mark: str) -> Callable[[Arguments], str]:
    return lambda source: script(mark, source.argument(in_formula=True))


def _style(name: str) -> Callable[[Arguments], str]:
    return lambda source: styled(name, source.argument())


def _plain(source: Arguments) -> str:
    return source.argument(in_formula=False)


MACROS: dict[str, Callable[[Arguments], str]] = {
    **{mark: _accent(mark) for mark in ACCENTS if len(mark) == 1 and mark.isalpha()},
    **{mark: _accent_of_formula(mark) for mark in ACCENTS if len(mark) > 1},
    "t": lambda source: source.argument(),
    **dict.fromkeys(names("frac dfrac tfrac cfrac nicefrac sfrac"), _fraction),
    "sqrt": _root,
    **dict.fromkeys(names("binom dbinom tbinom"), _binomial),
    "overset": _over("^"),
    "stackrel": _over("^"),
    "underset": _over("_"),
    "not": _slashed,
    "pmod": lambda source: f" (mod {source.argument()})",
    **dict.fromkeys(["xrightarrow", "xlongrightarrow"], _arrow("→")),
    "xleftarrow": _arrow("←"),
    **dict.fromkeys(names("text mbox textrm textnormal textit textbf texttt emph"), _plain),
    **dict.fromkeys(
        names("mathrm mathbf mathit mathsf mathtt boldsymbol bm pmb operatorname underline hbox"),
        lambda source: source.argument(),
    ),
    "ensuremath": lambda source: source.argument(in_formula=True),
    **dict.fromkeys(["textsuperscript", "sp"], _scripted("^")),
    **dict.fromkeys(["textsubscript", "sb"], _scripted("_")),
    **{name: _style(name) for name in names("mathbb Bbb mathds mathbbm mathcal mathscr mathfrak")},
    "footnote": lambda source: f" ({source.argument(in_formula=False).strip()})",
    "href": _linked,
    **dict.fromkeys(["url", "path", "nolinkurl"], _address),
    **dict.fromkeys(["SI", "qty", "numrange"], _joined(2)),
    "SIrange": _joined(3),
    "ang": lambda source: f"{source.argument()}°",
    **dict.fromkeys(["ce", "ch"], _chemical),
    "begin": _environment,
}
