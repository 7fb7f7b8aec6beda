"""Forms with a part of their values filled in, for what many mails have in common."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from digestmail.render.forms import Form, takes_pieces


class Placed:
    """A Form in which the values ``known`` are in place, as are the ``ends`` of others.

    What is left to fill in are the other values, and of those with an end their beginnings.
    """

    __slots__ = ("_open", "_parts")

    def __init__(self, form: Form, known: Mapping[str, Any], ends: Mapping[str, str]) -> None:
        self._parts = [form.first]
        self._open: list[tuple[int, str, Callable[[Any], bytes]]] = []
        for name, encode, after in form.slots:
            if name in known:
                self._parts.append(encode(known[name]))
            elif name in ends:
                self._begin(name, encode, ends[name])
            else:
                self._leave(name, encode)
            self._parts.append(after)

    def _leave(self, name: str, encode: Callable[[Any], bytes]) -> None:
        self._open.append((len(self._parts), name, encode))
        self._parts.append(b"")

    def _begin(self, name: str, encode: Callable[[Any], bytes], end: str) -> None:
        if takes_pieces(encode):
            self._leave(name, encode)
            self._parts.append(encode(end))
        else:
            self._leave(name, partial(_whole, encode, end))

    def fill(self, values: Mapping[str, Any]) -> list[bytes]:
        """The pieces of one mail, to be joined."""
        parts = self._parts.copy()
        for at, name, encode in self._open:
            parts[at] = encode(values[name])
        return parts


def _whole(encode: Callable[[Any], bytes], end: str, beginning: str) -> bytes:
    return encode(beginning + end)
