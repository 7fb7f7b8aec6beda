"""Mail into a folder."""

from pathlib import Path

import pytest
from mail_servers import RAW, mail, no, yes

from digestmail.domain import Outcome
from digestmail.errors import ConfigError
from digestmail.mail.outbox import OutboxMailer


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_writes_the_exact_bytes(tmp_path: Path) -> None:
    result = await OutboxMailer(tmp_path / "out").send(mail(), yes)
    assert (result.outcome, result.text) == (
        Outcome.SENT,
        "written as 000001-alice@example.net.eml",
    )
    assert (tmp_path / "out/000001-alice@example.net.eml").read_bytes() == RAW


async def test_never_overwrites(tmp_path: Path) -> None:
    first, second = OutboxMailer(tmp_path), OutboxMailer(tmp_path)
    for mailer in (first, second, OutboxMailer(tmp_path), first):
        await mailer.send(mail(), yes)
    assert names(tmp_path) == [f"00000{n}-alice@example.net.eml" for n in (1, 2, 3, 4)]


async def test_steps_aside_for_another_writer(tmp_path: Path) -> None:
    mailer = OutboxMailer(tmp_path)
    (tmp_path / ".000001-alice@example.net.eml.part").touch()
    await mailer.send(mail(), yes)
    assert names(tmp_path)[1:] == ["000002-alice@example.net.eml"]


async def test_a_withdrawn_mail_is_not_written(tmp_path: Path) -> None:
    result = await OutboxMailer(tmp_path).send(mail(), no)
    assert result.outcome is Outcome.WITHDRAWN
    assert names(tmp_path) == []


async def test_file_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    await OutboxMailer(tmp_path / "out").send(mail("../../x/y@e.org\x00"), yes)
    assert names(tmp_path / "out") == ["000001-.._.._x_y@e.org_.eml"]


async def test_a_vanished_folder_blames_nobody(tmp_path: Path) -> None:
    mailer = OutboxMailer(tmp_path / "out")
    (tmp_path / "out").rmdir()
    assert (await mailer.send(mail(), yes)).outcome is Outcome.SERVER


def test_an_unusable_folder_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"outbox .*file"):
        OutboxMailer(tmp_path / "file")
