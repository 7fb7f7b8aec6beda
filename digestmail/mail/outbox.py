"""Mail into a folder: a Mailer for trials and tests, whose files any mail program opens."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from digestmail.domain import Message, Outcome, Phase, SendResult
from digestmail.errors import ConfigError
from digestmail.text import one_line

_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]")
_NUMBER = re.compile(r"(\d+)-")


class OutboxMailer:
    """A Mailer that writes ``<number>-<recipient>.eml`` files, numbered in the order of sending.

    A file appears whole or not at all, and is never overwritten. Raises ConfigError at once when
    the folder cannot be written.
    """

    concurrency = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".probe"
            probe.touch()
            probe.unlink()
            self._last = max(map(_number, folder.glob("*.eml")), default=0)
        except OSError as error:
            raise ConfigError(f"outbox {folder}: {error.strerror}") from None

    async def send(self, message: Message, claim: Callable[[], Awaitable[bool]]) -> SendResult:
        """Write one message. See the Mailer seam."""
        if not await claim():
            return SendResult(outcome=Outcome.WITHDRAWN, phase=Phase.RCPT)
        try:
            name = self._write(message)
        except OSError as error:
            text = one_line(f"outbox {self._folder}: {error.strerror}")
            return SendResult(outcome=Outcome.SERVER, phase=Phase.DATA, text=text)
        return SendResult(
            outcome=Outcome.SENT, phase=Phase.END_OF_DATA, code=250, text=f"written as {name}"
        )

    async def close(self) -> None:
        """Do nothing, as no file stays open."""

    def _write(self, message: Message) -> str:
        while True:
            self._last += 1
            name = f"{self._last:06d}-{_safe(message.recipient)}.eml"
            if _put(self._folder, name, message.raw):
                return name


def _put(folder: Path, name: str, raw: bytes) -> bool:
    """Return whether ``name`` was free and now holds ``raw``."""
    target, partial = folder / name, folder / f".{name}.part"
    try:
        file = partial.open("xb")  # only one process can have it
    except FileExistsError:
        return False
    try:
        with file:
            file.write(raw)
        free = not target.exists()
        if free:
            partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if not free:
        partial.unlink()
    return free


def _number(path: Path) -> int:
    match = _NUMBER.match(path.name)
    return int(match[1]) if match else 0


def _safe(recipient: str) -> str:
    return _UNSAFE.sub("_", recipient)[:100]
