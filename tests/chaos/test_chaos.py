"""Senders are stopped at any moment while their relay fails in every way: both ledgers agree."""

import signal
from pathlib import Path

import pytest
from chaos_world import populate, run

from digestmail.store import Store

MAILS = 90


@pytest.mark.slow
async def test_killed_before_a_relay_that_fails(store: Store, tmp_path: Path) -> None:
    populate(store, MAILS)
    report = await run(store, tmp_path, kills=8, seed=11, most_mails=9)
    assert report.wrong == []
    assert (report.deliveries, report.duplicates) == (MAILS, 0)
    assert report.kills >= 6
    assert report.states["sent"] > MAILS / 2


@pytest.mark.slow
async def test_a_gentle_stop_leaves_nothing_unknown(store: Store, tmp_path: Path) -> None:
    populate(store, MAILS)
    report = await run(store, tmp_path, kills=4, seed=5, most_mails=12, number=signal.SIGTERM)
    assert report.wrong == []
    assert (report.unknown_by_kill, report.duplicates) == (0, 0)
