"""What a check found."""

from collections.abc import Callable
from dataclasses import dataclass

from digestmail.errors import DigestmailError


@dataclass(frozen=True, slots=True)
class Check:
    """A finding. ``ok`` is None for something that works but deserves a thought."""

    name: str
    ok: bool | None
    text: str


def attempt(name: str, look: Callable[[], str]) -> Check:
    """Return a check whose error is its finding: no check keeps the others from being made."""
    try:
        return Check(name, True, look())
    except DigestmailError as error:
        return Check(name, False, " ".join(str(error).split()))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Check(name, False, f"{where}{error.strerror or error}")
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return Check(name, False, f"{text}; please report this as a bug in digestmail")
