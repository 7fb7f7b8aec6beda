"""A reader of marked LaTeX: macros, groups, scripts and accents to Unicode, in one pass."""

import re
import unicodedata

from digestmail.text.formulas import CLOSE, OPEN
from digestmail.text.latex_macros import MACROS, accented
from digestmail.text.latex_symbols import (
    ACCENTS,
    EATS_SPACE,
    PLAIN_UNDERSCORE,
    READ,
    REFERENCES,
    SILENT,
    UNREAD,
    symbols,
)
from digestmail.text.scripts import bare_script, script
from digestmail.text.typography import GAP

_LEXEME = re.compile(
    rf"(?:https?://|www\.|10\.[0-9]{{4,9}}/)[^\s\\{{}}<>{OPEN}{CLOSE}]+"  # addresses, as they are
    rf"|\\[A-Za-z]+\*?|\\[^A-Za-z]|\\|\s+|[{{}}\[\]^_~&'{OPEN}{CLOSE}]"
    rf"|[^\\\s{{}}\[\]^_~&'{OPEN}{CLOSE}]+"
)
_DEEPEST = 30  # groups within groups; deeper ones are read as if their braces were not there
_MOST_SKIPPED = 120  # lexemes of an argument that nobody reads; a longer one was never closed
_TAIL = 8  # characters of what was read last that are looked at again


class LatexReader:
    """Reads one text whose formulas are marked; see ``formulas``.

    ``is_source``: whether braces are TeX's; in a text without any macro they are the author's.
    """

    def __init__(self, text: str, *, is_source: bool) -> None:
        self._lexemes = _LEXEME.findall(text)
        self._at = 0
        self._depth = 0
        self.in_formula = False
        self._is_source = is_source
        self.tail = ""

    def read(self) -> str:
        """Return the whole text."""
        return self._sequence(in_group=False)

    # --- lexemes ------------------------------------------------------------------------------

    def peek(self) -> str:
        """Return the next lexeme; empty at the end."""
        return self._lexemes[self._at] if self._at < len(self._lexemes) else ""

    def skip_space(self) -> None:
        """Pass over white space."""
        if self.peek().isspace():
            self._at += 1

    def _sequence(self, *, in_group: bool) -> str:
        pieces: list[str] = []
        began_in_formula = in_group and self.in_formula
        while lexeme := self.peek():
            if began_in_formula and self.in_formula and lexeme == CLOSE:
                break  # the formula ends, and with it a group that was left open
            self._at += 1
            if in_group and lexeme == "}":
                break
            if piece := self._piece(lexeme):
                pieces.append(piece)
                self.tail = (self.tail + piece)[-_TAIL:]
        return "".join(pieces)

    def _piece(self, lexeme: str) -> str:
        if lexeme[0] == "\\":
            return self._macro(lexeme)
        if lexeme in (OPEN, CLOSE):
            self.in_formula = lexeme == OPEN
            self.tail = "" if self.in_formula else self.tail
            return ""
        if lexeme in ("^", "_"):
            return self._script(lexeme)
        if lexeme == "{":
            return self._group() if self.in_formula or self._is_source else lexeme
        if lexeme == "}":
            return "" if self.in_formula or self._is_source else lexeme
        if self.in_formula:
            return {"~": " ", "&": " ", "'": "′"}.get(lexeme, lexeme)
        return lexeme

    def _group(self, *, in_formula: bool | None = None) -> str:
        """Return the group whose brace was just read; what it says of formulas ends with it."""
        if self._depth >= _DEEPEST:
            return ""
        before = self.in_formula
        self.in_formula = before if in_formula is None else in_formula
        self._depth += 1
        text = self._sequence(in_group=True)
        self._depth -= 1
        self.in_formula = before
        return text

    def argument(self, *, in_formula: bool | None = None, may_be_apart: bool = False) -> str:
        """Return the next group, macro or character; empty where none follows.

        ``may_be_apart``: whether in prose, too, a character after white space is one.
        """
        start = self._at
        self.skip_space()
        lexeme = self.peek()
        is_apart = self._at > start and lexeme[:1] not in ("{", "")
        if is_apart and not (self.in_formula or may_be_apart):
            lexeme = ""
        if (
            not lexeme
            or lexeme in ("}", "^", "_", "&", "]", OPEN, CLOSE)
            or self._depth >= _DEEPEST
        ):
            self._at = start
            return ""
        self._at += 1
        if lexeme == "{":
            return self._group(in_formula=in_formula)
        if lexeme[0] == "\\":
            self._depth += 1
            text = self._macro(lexeme)
            self._depth -= 1
            return text
        if len(lexeme) > 1:
            self._at -= 1
            self._lexemes[self._at] = lexeme[1:]
        return lexeme[0]

    def skipped(self, opening: str, closing: str) -> str:
        """Return the source of an argument in braces or brackets, passed over; empty
        where none is.
        """
        if self.peek() != opening:
            return ""
        depth = 0
        for end in range(self._at, min(self._at + _MOST_SKIPPED, len(self._lexemes))):
            depth += (self._lexemes[end] == opening) - (self._lexemes[end] == closing)
            if depth == 0:
                source = "".join(self._lexemes[self._at + 1 : end])
                self._at = end + 1
                return source or " "
        return ""

    # --- macros ------------------------------------------------------------------------------

    def _macro(self, lexeme: str) -> str:
        name = lexeme[1:].rstrip("*") or lexeme[1:]
        if not name[:1].isalpha():
            return self._control(name)
        if name in SILENT:
            return self._silent(name)
        if name in UNREAD or name in READ:
            return self._passed_over(name)
        if name in MACROS:
            return MACROS[name](self)
        value = symbols().get(name)
        return self._unknown(name) if value is None else self._symbol(name, value)

    def _control(self, name: str) -> str:
        """Return a macro whose name is no letter."""
        if name == "\\":
            self.skipped("[", "]")
            return "; " if self.in_formula else " "
        if name in ACCENTS:
            return self._sign(name)
        if name == "/":
            following = self.peek()
            is_slash = following[:1].isalnum() or following == r"\/"  # as JSON escapes it
            return "/" if is_slash and self.tail[-1:].strip() and not self.in_formula else ""
        if name in ("!", "-", "@", "*", ""):
            return ""
        if name.isspace() or name in (",", ";", ":", ">"):
            return " "
        return {"|": "‖", "_": PLAIN_UNDERSCORE}.get(name, name)

    def _sign(self, mark: str) -> str:
        """Return an accent over what stands right after it; else the sign itself."""
        following = self.peek()
        if following[:1].isalpha() or following in ("{", r"\i", r"\j"):
            return accented(mark, self.argument())
        return mark

    def _silent(self, name: str) -> str:
        self.skip_space()
        if name in ("left", "right") and self.peek().startswith("."):
            self._lexemes[self._at] = self.peek()[1:] or " "
        return ""

    def _passed_over(self, name: str) -> str:
        for _ in range(UNREAD.get(name, 0) or READ.get(name, 0)):
            self.skipped("[", "]")
            self.skipped("{", "}")
        if name in READ:
            return self.argument()
        if name in REFERENCES:
            return GAP
        return " " if name in ("hspace", "vspace", "end") else ""

    def _symbol(self, name: str, value: str) -> str:
        if name in EATS_SPACE:
            self.skip_space()
            return value
        if not self.in_formula:
            return value
        if len(value) > 1 and value.isascii() and value.isalpha():
            return self._word(value)
        is_opening = unicodedata.category(value[-1:] or " ") == "Ps"
        if is_opening or (self.tail and not self.tail[-1].isspace()):
            self.skip_space()  # it only ended the name of the macro
        return value

    def _word(self, word: str) -> str:
        """Return a word in a formula, such as the name of a function, apart from what is
        around it.
        """
        before = " " if self.tail[-1:].isalnum() or self.tail[-1:] == ")" else ""
        after = " " if self.is_followed() and not self.peek().isspace() else ""
        return f"{before}{word}{after}"

    def _unknown(self, name: str) -> str:
        following = self.peek()
        if name[0] in "nrt" and following != "{" and not self.in_formula:
            # A line break of a program that wrote "\\n", unless it is a macro of the author's.
            is_glued = self.tail[-1:].isalnum() or self.tail[-1:] in tuple(".,;:!?)]")
            if len(name) == 1 or is_glued or name[1].isupper():
                return f" {name[1:]}"
        if following == "{" and (text := self.argument()).strip():
            return text
        return self._word(name) if self.in_formula else name

    # --- scripts -----------------------------------------------------------------------------

    def is_followed(self) -> bool:
        """Return whether a letter, a digit or a macro of letters comes right after."""
        following = self.peek()[:2]
        return following[:1].isalnum() or (following[:1] == "\\" and following[1:].isalpha())

    def _script(self, mark: str) -> str:
        if self.in_formula:
            return script(mark, self.argument())
        has_base = self.tail[-1:].isalnum() or self.tail[-1:] in tuple(")]")
        following = self.peek()
        if has_base and (following == "{" or (mark == "^" and following[1:] in symbols())):
            return script(mark, self.argument(in_formula=True))
        text = bare_script(mark, self.tail, following)
        after = following[len(text) :] or "".join(self._lexemes[self._at + 1 : self._at + 2])
        if not text or after.startswith("_"):
            return mark
        self._at += 1
        if following[len(text) :]:
            self._at -= 1
            self._lexemes[self._at] = following[len(text) :]
        return script(mark, text)
