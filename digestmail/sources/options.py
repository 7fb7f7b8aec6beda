"""Options of a source, as an operator typed them: read, or refused by InputError."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from digestmail.errors import InputError

Options = Mapping[str, str]

_API_KEY = re.compile(r"[\w.-]{1,200}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def required(options: Options, name: str) -> str:
    """Return an option that must be there."""
    value = options.get(name, "").strip()
    if not value:
        raise InputError(name, "is missing")
    return value


def optional(options: Options, name: str, default: str = "") -> str:
    """Return an option that may be left out."""
    return options.get(name, "").strip() or default


def is_yes(options: Options, name: str, *, default: bool) -> bool:
    """Return whether an option is yes; it may be yes, no or left out."""
    value = options.get(name, "").strip().lower()
    if value not in ("", "yes", "no"):
        raise InputError(name, f"“{value}” is not yes or no")
    return value == "yes" if value else default


def number(options: Options, name: str, *, default: int, minimum: int, maximum: int) -> int:
    """Return an option that is a whole number from ``minimum`` to ``maximum``."""
    value = optional(options, name, str(default))
    if not re.fullmatch(r"[0-9]{1,6}", value) or not minimum <= int(value) <= maximum:
        limits = f"from {minimum} to {maximum}"
        raise InputError(name, f"“{value[:20]}” must be a whole number {limits}")
    return int(value)


def choice(options: Options, name: str, words: tuple[str, ...]) -> str:
    """Return an option that is one of ``words``; the first is the default."""
    value = optional(options, name, words[0]).lower()
    if value not in words:
        raise InputError(name, f"“{value[:20]}” should be {' or '.join(words)}")
    return value


def listed(options: Options, name: str) -> tuple[str, ...]:
    """Return the entries of an option that is a list with commas; they may hold blanks."""
    entries = (" ".join(entry.split()) for entry in options.get(name, "").split(","))
    return tuple(dict.fromkeys(entry for entry in entries if entry))


def web_address(options: Options, name: str = "url", default: str = "") -> str:
    """Return an option that is a web address."""
    url = optional(options, name, default) or required(options, name)
    try:
        address = urlsplit(url)
    except ValueError as error:
        raise InputError(name, f"“{url}” is not a web address: {error}") from error
    if address.scheme not in ("http", "https") or not address.hostname:
        raise InputError(name, f"“{url}” is not an http or https address")
    return url


def email(options: Options, name: str = "email") -> str:
    """Return an option that is a mail address, or empty."""
    value = optional(options, name)
    if value and not _EMAIL.fullmatch(value):
        raise InputError(name, f"“{value[:40]}” is not an email address")
    return value


def check_api_key(value: str, option: str = "api_key") -> str:
    """Return ``value`` stripped; InputError, which does not quote it, where it is no API key."""
    value = value.strip()
    if value and not _API_KEY.fullmatch(value):
        raise InputError(option, "contains characters that are not valid in an API key")
    return value
