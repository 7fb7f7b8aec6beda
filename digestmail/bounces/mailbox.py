"""Mailboxes that bounces arrive in: IMAP (RFC 9051), POP3 (RFC 1939) and Maildir folders.

Each is read with a ``handle`` that is given a message's bytes and answers whether it is settled.
Settled messages are removed; all others stay for a person, marked as seen where the mailbox can.
"""

import imaplib
import logging
import os
import poplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from digestmail.bounces.mime import LIMITS
from digestmail.errors import ConfigError, DigestmailError

log = logging.getLogger(__name__)

Handle = Callable[[bytes], bool]
_TIMEOUT = 60.0  # seconds
_LARGEST = 1024 * 1024  # bytes of a message that POP3, which sends all of it, is asked for
_PORTS = {"imaps": 993, "imap": 143, "pop3s": 995, "pop3": 110}
_HELP = "write imaps://USER:PASSWORD@HOST/INBOX, pop3s://USER:PASSWORD@HOST or a Maildir's path"


class MailboxError(DigestmailError):
    """The mailbox of bounces cannot be read."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox on a server. Its text never tells the password."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/{self.folder}"

    __repr__ = __str__


def read_mailbox(where: str, folder: Path, handle: Handle) -> None:
    """Give every unread message to ``handle``. Relative Maildirs lie in ``folder``.

    Raises ConfigError for a ``where`` that names no mailbox, and MailboxError for one that cannot
    be read; what was handled before stays handled.
    """
    if "://" not in where:
        _read_maildir(folder / Path(where).expanduser(), handle)
        return
    address = parse_address(where)
    with _one_error(str(address)):
        (_read_imap if address.scheme.startswith("imap") else _read_pop3)(address, handle)


def probe_mailbox(where: str, folder: Path) -> str:
    """Open a mailbox and change nothing; return a line on it. Raises as ``read_mailbox``."""
    if "://" not in where:
        path = folder / Path(where).expanduser()
        _check_maildir(path)
        return f"{path} is a Maildir"
    address = parse_address(where)
    with _one_error(str(address)):
        (_probe_imap if address.scheme.startswith("imap") else _probe_pop3)(address)
    return f"{address} opens"


def parse_address(url: str) -> Address:
    """Return the server, user, password and folder of a URL; ConfigError, without the password."""
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise ConfigError(f"bounces.mailbox: not a mailbox address; {_HELP}") from None
    if split.scheme not in _PORTS or not split.hostname or not split.username:
        raise ConfigError(f"bounces.mailbox: not a mailbox address; {_HELP}")
    return Address(
        scheme=split.scheme,
        host=split.hostname,
        port=port or _PORTS[split.scheme],
        user=unquote(split.username),
        password=unquote(split.password or ""),
        folder=unquote(split.path.strip("/")) or "INBOX",
    )


@contextmanager
def _one_error(name: str) -> Iterator[None]:
    try:
        yield
    except (imaplib.IMAP4.error, poplib.error_proto, OSError, EOFError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise MailboxError(f"cannot read the bounce mailbox {name}: {reason}") from None


@contextmanager
def _closed_on_error(close: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            close()
        raise


def _may_be_plain(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# --- IMAP -----------------------------------------------------------------------------------


def _read_imap(at: Address, handle: Handle) -> None:
    imap = _imap(at)
    try:
        imap.login(at.user, at.password)
        _check(imap.select(_quoted(at.folder)))
        unread = _check(imap.uid("SEARCH", "UNSEEN", "UNDELETED"))
        for uid in (unread[0] or b"").decode().split():
            # PEEK: killed before the end, the message is as new as it was.
            status, data = imap.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LIMITS.bytes}>)")
            if status != "OK":
                log.warning("bounce mailbox %s: message %s cannot be read", at, uid)
            elif (raw := _body(data)) is not None:
                _settle(imap, uid, handle(raw))
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            imap.logout()
        with suppress(OSError):
            imap.shutdown()  # what logout leaves open when the server had hung up


def _probe_imap(at: Address) -> None:
    imap = _imap(at)
    try:
        imap.login(at.user, at.password)
        _check(imap.select(_quoted(at.folder), readonly=True))
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            imap.logout()
        with suppress(OSError):
            imap.shutdown()


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _imap(at: Address) -> imaplib.IMAP4:
    if at.scheme == "imaps":
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(at.host, at.port, ssl_context=context, timeout=_TIMEOUT)
    imap = imaplib.IMAP4(at.host, at.port, timeout=_TIMEOUT)
    if not _may_be_plain(at.host):
        with _closed_on_error(imap.shutdown):
            imap.starttls(ssl.create_default_context())
    return imap


def _settle(imap: imaplib.IMAP4, uid: str, settled: bool) -> None:
    flags = r"(\Seen \Deleted)" if settled else r"(\Seen)"
    _check(imap.uid("STORE", uid, "+FLAGS.SILENT", flags))
    # A plain EXPUNGE would also remove what others have marked; without UIDPLUS ours stays marked.
    if settled and "UIDPLUS" in imap.capabilities:
        _check(imap.uid("EXPUNGE", uid))


def _check(answer: tuple[str, list[bytes]] | tuple[str, list[bytes | None]]) -> list[bytes]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(b" ".join(d for d in data if isinstance(d, bytes)).decode())
    return data  # type: ignore[return-value]


def _body(data: list[bytes]) -> bytes | None:
    """Return the literal of a FETCH answer; None when the message has gone meanwhile."""
    return next((bytes(item[1]) for item in data if isinstance(item, tuple)), None)


# --- POP3 -----------------------------------------------------------------------------------


def _read_pop3(at: Address, handle: Handle) -> None:
    pop = _pop3(at)
    try:
        pop.user(at.user)
        pop.pass_(at.password)
        for line in pop.list()[1]:
            number, size = map(int, line.split()[:2])
            raw = _retrieved(pop, number) if size <= _LARGEST else None
            if raw is not None and handle(raw):
                pop.dele(number)
    except BaseException:
        pop.close()  # without QUIT the server deletes nothing, and all is read again
        raise
    pop.quit()


def _probe_pop3(at: Address) -> None:
    pop = _pop3(at)
    try:
        pop.user(at.user)
        pop.pass_(at.password)
        pop.stat()
    finally:
        pop.close()  # without QUIT, so that nothing is deleted


def _retrieved(pop: poplib.POP3, number: int) -> bytes | None:
    """Return the bytes of a message; None when the server cannot give it."""
    try:
        return b"\r\n".join(pop.retr(number)[1]) + b"\r\n"
    except poplib.error_proto as error:
        if not str(error).startswith("b'-ERR"):
            raise  # out of step: what comes next would be taken for something else
        log.warning("bounce mailbox: message %d cannot be read", number)
        return None


# poplib refuses longer lines than RFC 1939 allows, but mails with them are about.
poplib._MAXLINE = 1 << 20  # type: ignore[attr-defined]


def _pop3(at: Address) -> poplib.POP3:
    if at.scheme == "pop3s":
        context = ssl.create_default_context()
        return poplib.POP3_SSL(at.host, at.port, context=context, timeout=_TIMEOUT)
    pop = poplib.POP3(at.host, at.port, timeout=_TIMEOUT)
    if not _may_be_plain(at.host):
        with _closed_on_error(pop.close):
            pop.stls(ssl.create_default_context())
    return pop


# --- Maildir (https://cr.yp.to/proto/maildir.html) ------------------------------------------


def _check_maildir(path: Path) -> None:
    for name in ("new", "cur"):
        if not (path / name).is_dir():
            raise MailboxError(f"bounces.mailbox: {path} is not a Maildir; {_HELP}")
        if not os.access(path / name, os.R_OK | os.W_OK | os.X_OK):
            raise MailboxError(f"bounces.mailbox: no permission to read and write {path / name}")


def _read_maildir(path: Path, handle: Handle) -> None:
    _check_maildir(path)
    with _one_error(str(path)):
        for file in sorted([*(path / "new").iterdir(), *(path / "cur").iterdir()]):
            name, _, flags = file.name.partition(":2,")
            if "S" in flags or (raw := _file(file)) is None:
                continue
            if handle(raw):
                file.unlink(missing_ok=True)
            else:
                file.rename(path / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")


def _file(file: Path) -> bytes | None:
    """Return the bytes of a message; None when somebody took it away meanwhile, or it is none."""
    try:
        with file.open("rb") as opened:
            return opened.read(LIMITS.bytes)
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("bounce mailbox: %s cannot be read: %s", file, error.strerror)
        return None
