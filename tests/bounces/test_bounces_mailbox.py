"""Mailboxes are read over real connections, and only what is settled leaves them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from bounce_samples import dsn, letter
from certificates import Certificate, certificate
from mailbox_servers import PASSWORD, Box, imap, pop3

from digestmail.bounces.mailbox import Handle, MailboxError, parse_address, read_mailbox
from digestmail.errors import ConfigError

Server = Callable[[Box], AbstractContextManager[str]]
NOWHERE = Path()


def is_bounce(raw: bytes) -> bool:
    return b"MAILER-DAEMON" in raw


def keeping(read: list[bytes]) -> Handle:
    """Settles every message and keeps its bytes."""

    def handle(raw: bytes) -> bool:
        read.append(raw)
        return True

    return handle


@pytest.fixture
def box() -> Box:
    filled = Box()
    for raw in (dsn(number=1), letter("A question\n.dotted"), dsn(number=2)):
        filled.add(raw)
    return filled


@pytest.mark.parametrize("server", [imap, pop3])
def test_only_what_is_settled_is_removed(server: Server, box: Box) -> None:
    read: list[bytes] = []

    def handle(raw: bytes) -> bool:
        read.append(raw)
        return is_bounce(raw)

    before = list(box.messages.values())
    with server(box) as url:
        read_mailbox(url, NOWHERE, handle)
    assert read == before
    assert list(box.messages) == [2]


@pytest.mark.parametrize("server", [imap, pop3])
def test_a_message_that_the_server_cannot_give_blocks_none_behind_it(
    server: Server, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    box.damaged = {1}
    with server(box) as url:
        read_mailbox(url, NOWHERE, is_bounce)
    assert list(box.messages) == [1, 2]
    assert "message 1 cannot be read" in caplog.text


def test_what_is_no_message_in_a_maildir_blocks_none_behind_it(tmp_path: Path) -> None:
    for name in ("new/1", "cur", "tmp"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "new" / "2").symlink_to("2")
    (tmp_path / "new" / "3").symlink_to("nowhere")
    (tmp_path / "new" / "4").write_bytes(dsn())
    read: list[bytes] = []
    read_mailbox(str(tmp_path), NOWHERE, keeping(read))
    assert read == [dsn()]


def test_imap_marks_the_rest_as_seen(box: Box) -> None:
    read: list[bytes] = []
    with imap(box) as url:
        read_mailbox(url, NOWHERE, is_bounce)
        read_mailbox(url, NOWHERE, keeping(read))
    assert (box.flags[2], read) == ({r"\Seen"}, [])


def test_imap_without_uidplus_leaves_the_marks_of_others_alone(box: Box) -> None:
    box.uidplus = False
    box.flags[2].add(r"\Deleted")
    with imap(box) as url:
        read_mailbox(url, NOWHERE, is_bounce)
    assert list(box.messages) == [1, 2, 3]
    assert box.flags[1] == {r"\Seen", r"\Deleted"}


@pytest.mark.parametrize("server", [imap, pop3])
def test_a_lost_connection_loses_no_message(server: Server, box: Box) -> None:
    box.hang_up_after = 5
    with server(box) as url:
        with pytest.raises(MailboxError, match="cannot read"):
            read_mailbox(url, NOWHERE, lambda _: False)
        box.hang_up_after = 1000
        read: list[bytes] = []
        read_mailbox(url, NOWHERE, keeping(read))
    assert len(read) >= 2
    assert len(box.messages) <= 1


@pytest.mark.parametrize("server", [imap, pop3])
def test_an_error_of_ours_removes_nothing(server: Server, box: Box) -> None:
    def fail(raw: bytes) -> bool:
        raise RuntimeError("the database is locked")

    with server(box) as url, pytest.raises(RuntimeError):
        read_mailbox(url, NOWHERE, fail)
    assert list(box.messages) == [1, 2, 3]
    assert not any(box.flags.values())


@pytest.mark.parametrize("server", [imap, pop3])
def test_a_wrong_password_is_told_without_it(server: Server, box: Box) -> None:
    with server(box) as url, pytest.raises(MailboxError, match="wrong password") as told:
        read_mailbox(url.replace("word", "salad"), NOWHERE, is_bounce)
    assert "salad" not in str(told.value)
    assert "@" not in str(told.value)


# Servers with certificates. "127.1" is this machine too, but for a name that is not known as
# local, so that nothing may go there unencrypted.
AFAR = "127.1"


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate that this process trusts."""
    made = certificate(tmp_path, "127.0.0.1", AFAR)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


@pytest.mark.parametrize("server", [imap, pop3])
def test_tls_from_the_first_byte(server: Any, box: Box, shown: Certificate) -> None:
    read: list[bytes] = []
    with server(box, shown.server) as url:
        read_mailbox(url, NOWHERE, keeping(read))
    assert (len(read), box.messages) == (3, {})
    assert all(encrypted for encrypted, _ in box.said)


@pytest.mark.parametrize("server", [imap, pop3])
def test_a_server_afar_hears_nothing_before_starttls(
    server: Any, box: Box, shown: Certificate
) -> None:
    box.starttls = shown.server
    read: list[bytes] = []
    with server(box, host=AFAR) as url:
        read_mailbox(url, NOWHERE, keeping(read))
    assert len(read) == 3
    plain = [command.split()[-1] for encrypted, command in box.said if not encrypted]
    assert set(plain) <= {"CAPABILITY", "STARTTLS", "CAPA", "STLS"}


@pytest.mark.parametrize("server", [imap, pop3])
def test_without_starttls_no_password_goes_out(server: Any, box: Box, shown: Certificate) -> None:
    with server(box, host=AFAR) as url, pytest.raises(MailboxError, match="cannot read"):
        read_mailbox(url, NOWHERE, is_bounce)
    assert "pass" not in " ".join(command.lower() for _, command in box.said)


@pytest.mark.parametrize("server", [imap, pop3])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_certificate_nobody_vouches_for_is_refused(
    server: Any, box: Box, at_once: bool, tmp_path: Path
) -> None:
    strange = certificate(tmp_path, "127.0.0.1", AFAR).server
    box.starttls = strange
    opened = server(box, strange) if at_once else server(box, host=AFAR)
    with opened as url, pytest.raises(MailboxError, match="certificate verify failed"):
        read_mailbox(url, NOWHERE, is_bounce)
    assert "pass" not in " ".join(command.lower() for _, command in box.said)
    assert len(box.messages) == 3


@pytest.mark.parametrize("server", [imap, pop3])
def test_a_certificate_for_another_name_is_refused(
    server: Any, box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificate(tmp_path, "mail.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    with server(box, made.server) as url, pytest.raises(MailboxError, match="mismatch"):
        read_mailbox(url, NOWHERE, is_bounce)


def test_nobody_there() -> None:
    with pytest.raises(
        MailboxError, match=r"cannot read the bounce mailbox imap://127\.0\.0\.1:1/INBOX"
    ):
        read_mailbox("imap://me:secret@127.0.0.1:1", NOWHERE, is_bounce)


@pytest.mark.parametrize(
    "url", ["http://a:b@host", "imaps://host/INBOX", "imaps://", "imaps://a:b@host:port", "x://["]
)
def test_what_is_no_mailbox_is_told(url: str) -> None:
    with pytest.raises(ConfigError, match=r"bounces\.mailbox"):
        read_mailbox(url, NOWHERE, is_bounce)


def test_an_address_hides_its_password() -> None:
    address = parse_address(f"imaps://me:{PASSWORD.replace('/', '%2F')}@mail.example.org/A/B")
    assert (address.port, address.folder, address.password) == (993, "A/B", PASSWORD)
    assert PASSWORD not in f"{address} {address!r}"


def maildir(path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (path / name).mkdir(parents=True)
    return path


def names(path: Path) -> list[str]:
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


def test_a_maildir_keeps_what_is_not_settled(tmp_path: Path) -> None:
    path = maildir(tmp_path / "box")
    (path / "new" / "1.host").write_bytes(dsn())
    (path / "new" / "2.host").write_bytes(letter())
    (path / "cur" / "3.host:2,F").write_bytes(letter())
    (path / "cur" / "4.host:2,S").write_bytes(dsn())
    read_mailbox("box", tmp_path, is_bounce)
    assert names(path) == ["cur/2.host:2,S", "cur/3.host:2,FS", "cur/4.host:2,S"]
    assert (path / "cur" / "2.host:2,S").read_bytes() == letter()


def test_a_folder_that_is_no_maildir_is_told(tmp_path: Path) -> None:
    with pytest.raises(MailboxError, match="is not a Maildir"):
        read_mailbox(str(tmp_path), NOWHERE, is_bounce)
