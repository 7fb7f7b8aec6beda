"""Messages that are translated where they are shown.

A message is gettext's: an English sentence with named places (``%(name)s``), under which a
catalogue has its translation. Mails, logs and the command line show the English itself.
"""

from collections.abc import Iterable, Mapping
from typing import Self


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Return ``message`` itself, marked for translators."""
    return message


class Translatable(str):
    """An English text that knows its message and values, so that it can be translated later.

    The text may be a closer one than the message, which is shown where nothing is translated.
    """

    message: str
    values: Mapping[str, object]

    def __new__(cls, message: str, *, english: str = "", **values: object) -> Self:
        """Return ``message`` with its places filled, or ``english`` in its stead."""
        text = super().__new__(cls, english or message % values)
        text.message, text.values = message, values
        return text


class Correctable(Translatable):
    """A text about a wrong value, with what was typed and what may have been meant instead.

    A form offers each of the ``proposals`` in place of ``typed``.
    """

    typed: str
    proposals: tuple[str, ...]

    @classmethod
    def of(cls, message: str, typed: str, proposals: Iterable[str], **values: object) -> Self:
        """Return ``message`` with its places filled."""
        text = cls(message, english="", **values)
        text.typed, text.proposals = typed, tuple(proposals)
        return text
