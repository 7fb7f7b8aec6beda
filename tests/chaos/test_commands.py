"""The real commands are ended at any moment while their relay fails and their clock jumps."""

from pathlib import Path

import pytest
from chaos_world import populate
from command_world import run_commands

from digestmail.store import Store

MAILS = 60


@pytest.mark.slow
async def test_commands_that_are_killed_or_stopped_lose_nothing(
    store: Store, tmp_path: Path
) -> None:
    populate(store, MAILS)
    report = await run_commands(store, tmp_path, kills=4, stops=3, seed=2, most_mails=12)
    assert report.wrong == []
    assert (report.deliveries, report.duplicates) == (MAILS, 0)
    assert report.kills + report.stops >= 5
    assert report.states["sent"] > MAILS / 2
