"""What people are told, kept so that it can be said in another language where it is shown.

A message is gettext's: an English sentence with named places (``%(name)s``) in which a catalogue
finds its translation. Mails, logs and the command line show the English itself.
"""

from collections.abc import Mapping


def N_(message: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Return ``message`` itself, marked for translators."""
    return message


class Worded(str):
    """A message filled in: an English text that still knows what it was made of.

    The text may be a closer one, ``english``, which is shown where nothing is translated.
    """

    message: str
    values: Mapping[str, object]

    def __new__(cls, message: str, *, english: str = "", **values: object) -> "Worded":
        """Return ``message`` with its places filled, or ``english`` in its stead."""
        worded = super().__new__(cls, english or message % values)
        worded.message, worded.values = message, values
        return worded
