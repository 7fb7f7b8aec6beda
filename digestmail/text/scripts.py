"""Raised and lowered text, fractions and roots, in plain characters."""

import re
import unicodedata

from digestmail.text.latex_symbols import RAISED_ALREADY, SCRIPTS

_COMPOUND = re.compile(r"[\s+\-−±=<>·×/*,]")
_DIGITS = re.compile(r"[+\-−]?[0-9]+")
_LETTER = re.compile(r"[A-Za-z*](?![A-Za-z0-9])")
_LETTER_BASE = re.compile(r"(?:^|[^\w/@]|[^\w]/)[^\W\d_]$")
_FORMULA_BASE = re.compile(r"(?:^|[^\w])[A-Z][A-Za-z]{0,3}$|[)\]₀-₉][A-Z]?[a-z]?$")  # H_2O, TiO_2


def script(mark: str, text: str) -> str:
    """Return ``text`` raised (``^``) or lowered (``_``).

    In Unicode's signs where it is a number or one character; else after its mark in braces, which
    HTML can set smaller, and which show where it ends.
    """
    text = text.strip()
    if mark == "^" and text in RAISED_ALREADY:
        return RAISED_ALREADY[text]
    table = SCRIPTS[mark]
    if all(ord(c) in table for c in text) and (len(text) < 2 or not any(map(str.isalpha, text))):
        return text.translate(table)
    if len(text) == 1:
        return f"{mark}{text}" if text.isalnum() else text  # M⊙, x†
    return f"{mark}{{{text}}}"


def bare_script(mark: str, before: str, text: str) -> str:
    """Return as much of ``text`` as is a script outside a formula: "R_t", "A^T",
    "10^-3", "H_2O".
    """
    digits, letter = _DIGITS.match(text), _LETTER.match(text)
    if mark == "^":
        has_base = before[-1:].isalnum() or before[-1:] in (")", "]")
        if digits and has_base:
            return digits[0]
    elif digits and digits[0].isdigit() and _FORMULA_BASE.search(before):
        return digits[0]
    is_letter_base = bool(_LETTER_BASE.search(before)) or (mark == "^" and before[-1:] == ")")
    match = (digits if digits and digits[0].isdigit() else letter) if is_letter_base else None
    return match[0] if match else ""


def fraction(numerator: str, denominator: str, *, is_followed: bool) -> str:
    """Return ``numerator`` over ``denominator`` in one line, its parts in brackets where they need
    it.
    """
    numerator, denominator = numerator.strip(), denominator.strip()
    if not (numerator and denominator):
        return numerator or denominator
    if _COMPOUND.search(numerator):
        numerator = f"({numerator})"
    if _COMPOUND.search(denominator) or not _is_one(denominator):
        denominator = f"({denominator})"
    both = f"{numerator}/{denominator}"
    return f"({both})" if is_followed else both


def _is_one(text: str) -> bool:
    return text.isdigit() or (text.isascii() and text.isalpha()) or _without_marks(text) == 1


def _without_marks(text: str) -> int:
    return sum(not unicodedata.combining(c) and c not in "₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹" for c in text)


def root(index: str, text: str) -> str:
    """Return the root of ``text``."""
    sign = {"": "√", "2": "√", "3": "∛", "4": "∜"}.get(index, script("^", index) + "√")
    return f"{sign}{text}" if len(text) == 1 or text.isdigit() else f"{sign}({text})"
