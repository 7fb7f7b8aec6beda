"""Corrections that a form offers: the press of a button puts what was meant in place of a slip."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from digestmail.i18n import Correctable
from digestmail.text import one_line

Texts = Mapping[str, str]
_BUTTON = "fix"  # the name of the buttons
_NAMES = ("field", "typed", "meant")


@dataclass(frozen=True, slots=True)
class Correction:
    """A text to put in place of another one in a field of a form."""

    field: str
    typed: str
    meant: str

    @property
    def value(self) -> str:
        """The value of its button."""
        return urlencode({name: getattr(self, name) for name in _NAMES})


def corrections(problems: Texts, field: str) -> Iterator[Correction]:
    """Yield the corrections that the problem of a field offers."""
    problem = problems.get(field)
    if isinstance(problem, Correctable):
        for meant in problem.proposals:
            yield Correction(field, problem.typed, meant)


def corrected(texts: Texts) -> dict[str, str]:
    """Return a form's texts with the correction in them whose button was pressed, if one was."""
    remaining = dict(texts)
    values = parse_qs(remaining.pop(_BUTTON, ""))
    if values.keys() != set(_NAMES):
        return remaining
    field, typed, meant = (values[name][0] for name in _NAMES)
    if field in remaining:
        lines = "\n".join(map(one_line, remaining[field].splitlines()))
        slip = rf"(?<![\w.]){re.escape(typed)}(?![\w.])"
        remaining[field] = re.sub(slip, lambda _: meant, lines, count=1)
    return remaining
