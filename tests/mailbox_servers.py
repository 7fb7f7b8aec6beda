"""Small real IMAP and POP3 servers on loopback, with one mailbox and one account."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

USER, PASSWORD = "bounces@example.org", "pass:word/1"


@dataclass
class Box:
    """Messages by UID, with their flags.

    ``uidplus``: whether UID EXPUNGE is offered. ``damaged``: messages that the server cannot give.
    """

    messages: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    damaged: set[int] = field(default_factory=set)
    uidplus: bool = True
    hang_up_after: int = 1000  # commands of one session
    starttls: ssl.SSLContext | None = None  # offered when set
    said: list[tuple[bool, str]] = field(default_factory=list)  # whether encrypted, which command

    def add(self, raw: bytes) -> int:
        """Deliver a message."""
        uid = len(self.flags) + 1
        self.messages[uid], self.flags[uid] = raw.replace(b"\n", b"\r\n"), set()
        return uid


class _Session(socketserver.StreamRequestHandler):
    def __init__(self, box: Box, *args: Any) -> None:
        self.box = box
        super().__init__(*args)

    def say(self, *lines: bytes | str) -> None:
        for line in lines:
            self.wfile.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    def commands(self) -> Iterator[str]:
        for _ in range(self.box.hang_up_after):
            line = self.rfile.readline()
            if not line:
                return
            text = line.decode().strip()
            self.box.said.append((isinstance(self.request, ssl.SSLSocket), text))
            yield text

    def encrypt(self) -> None:
        assert self.box.starttls
        self.wfile.flush()
        self.request = self.box.starttls.wrap_socket(self.request, server_side=True)
        self.rfile = self.request.makefile("rb")
        self.wfile = self.request.makefile("wb", 0)

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.request.close()


class _Imap(_Session):
    """As much of RFC 3501 and UIDPLUS (RFC 4315) as a reader of bounces needs."""

    def handle(self) -> None:
        self.say("* OK ready")
        for line in self.commands():
            tag, command, *rest = line.split(" ", 2)
            answer = getattr(self, f"do_{command.lower()}")(rest[0] if rest else "")
            self.say(f"{tag} {answer or 'OK done'}")
            if command.upper() == "STARTTLS":
                self.encrypt()
            if command.upper() == "LOGOUT":
                return

    def do_capability(self, _: str) -> None:
        names = ["UIDPLUS"] * self.box.uidplus + ["STARTTLS"] * (self.box.starttls is not None)
        self.say(" ".join(["* CAPABILITY IMAP4rev1", *names]))

    def do_starttls(self, _: str) -> str:
        return "OK begin" if self.box.starttls else "BAD unknown"

    def do_login(self, rest: str) -> str:
        return "OK done" if rest == f'{USER} "{PASSWORD}"' else "NO wrong password"

    def do_select(self, rest: str) -> str:
        self.say(f"* {len(self.box.messages)} EXISTS")
        return "OK [READ-WRITE]" if rest == '"INBOX"' else "NO no such folder"

    def do_examine(self, rest: str) -> str:
        return self.do_select(rest).replace("READ-WRITE", "READ-ONLY")

    def do_logout(self, _: str) -> None:
        self.say("* BYE")

    def do_uid(self, rest: str) -> str | None:
        command, _, what = rest.partition(" ")
        answer: str | None = getattr(self, f"uid_{command.lower()}")(what)
        return answer

    def uid_search(self, what: str) -> None:
        assert what == "UNSEEN UNDELETED"
        new = [u for u, f in self.box.flags.items() if u in self.box.messages and not f]
        self.say("* SEARCH " + " ".join(map(str, new)))

    def uid_fetch(self, what: str) -> str | None:
        found = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", what)
        assert found
        if int(found[1]) in self.box.damaged:
            return "NO [SERVERBUG] damaged"
        raw = self.box.messages[int(found[1])][: int(found[2])]
        self.say(f"* {found[1]} FETCH (UID {found[1]} BODY[]<0> {{{len(raw)}}}", raw + b")")
        return None

    def uid_store(self, what: str) -> None:
        uid, how, flags = what.split(" ", 2)
        assert how == "+FLAGS.SILENT"
        self.box.flags[int(uid)] |= set(flags.strip("()").split())

    def uid_expunge(self, what: str) -> None:
        if r"\Deleted" in self.box.flags[int(what)]:
            del self.box.messages[int(what)]


class _Pop3(_Session):
    """As much of RFC 1939 as a reader of bounces needs."""

    def handle(self) -> None:
        self.marked: list[int] = []
        self.say("+OK ready")
        for line in self.commands():
            command, _, rest = line.partition(" ")
            getattr(self, f"do_{command.lower()}")(rest)
            if command.upper() == "QUIT":
                return

    def do_capa(self, _: str) -> None:
        self.say("+OK", *["STLS"] * (self.box.starttls is not None), ".")

    def do_stls(self, _: str) -> None:
        self.say("+OK begin")
        self.encrypt()

    def do_user(self, _: str) -> None:
        self.say("+OK")

    def do_pass(self, rest: str) -> None:
        self.say("+OK" if rest == PASSWORD else "-ERR wrong password")

    def do_stat(self, _: str) -> None:
        self.say(f"+OK {len(self.box.messages)} {sum(map(len, self.box.messages.values()))}")

    def do_list(self, _: str) -> None:
        sizes = [f"{uid} {len(raw)}" for uid, raw in self.box.messages.items()]
        self.say("+OK", *sizes, ".")

    def do_retr(self, rest: str) -> None:
        if int(rest) in self.box.damaged:
            self.say("-ERR damaged")
            return
        lines = self.box.messages[int(rest)].removesuffix(b"\r\n").split(b"\r\n")
        self.say("+OK", *(b"." + one if one.startswith(b".") else one for one in lines), ".")

    def do_dele(self, rest: str) -> None:
        self.marked.append(int(rest))
        self.say("+OK")

    def do_quit(self, _: str) -> None:
        for uid in self.marked:
            del self.box.messages[uid]
        self.say("+OK")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    context: ssl.SSLContext | None = None

    def get_request(self) -> tuple[Any, Any]:
        accepted, address = super().get_request()
        if self.context:
            accepted = self.context.wrap_socket(
                accepted, server_side=True, do_handshake_on_connect=False
            )
        return accepted, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


@contextmanager
def _serving(
    session: type[_Session], box: Box, context: ssl.SSLContext | None = None
) -> Iterator[int]:
    with _Server(("127.0.0.1", 0), partial(session, box)) as server:
        server.context = context
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def imap(box: Box, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[str]:
    """The URL of an IMAP server of a box; with a ``context`` it speaks TLS from the first byte."""
    with _serving(_Imap, box, context) as port:
        scheme = "imaps" if context else "imap"
        yield f"{scheme}://bounces%40example.org:pass%3Aword%2F1@{host}:{port}/INBOX"


@contextmanager
def pop3(box: Box, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[str]:
    """The URL of a POP3 server of a box; as with ``imap``."""
    with _serving(_Pop3, box, context) as port:
        scheme = "pop3s" if context else "pop3"
        yield f"{scheme}://bounces%40example.org:pass%3Aword%2F1@{host}:{port}"
