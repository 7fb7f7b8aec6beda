"""What a check found."""

from collections.abc import Callable
from dataclasses import dataclass

from digestmail.errors import DigestmailError


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. ``ok`` is None for something that works but deserves a thought."""

    name: str
    ok: bool | None
    text: str


def attempt(name: str, find: Callable[[], str]) -> Check:
    """A check whose error is its finding."""
    try:
        return Check(name, True, find())
    except DigestmailError as error:
        return Check(name, False, str(error))
