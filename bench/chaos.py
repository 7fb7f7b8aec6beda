"""Kill and stop the real commands while their relay fails in every way and their clock jumps.

For every address, what the relay has taken and what the delivery ledger says must agree, none is
lost, and a gentle stop leaves nothing unknown. Exits with 1 when it is not so. The world is that
of tests/chaos, only larger.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

_TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(_TESTS / "chaos"), str(_TESTS)]

from chaos_world import CONNECTIONS, Report, populate  # noqa: E402
from command_world import run_commands  # noqa: E402

from digestmail.calendar import utc_now  # noqa: E402
from digestmail.resources import MIGRATIONS  # noqa: E402
from digestmail.store import Database, Store  # noqa: E402
from digestmail.store.migrate import migrate  # noqa: E402


def main() -> None:
    options = _options()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{folder}/digestmail.db"
        with closing(Database(url)) as database:
            migrate(database, MIGRATIONS, utc_now())
            store = Store(database)
            populate(store, options.deliveries)
            report = asyncio.run(
                run_commands(
                    store,
                    Path(folder),
                    kills=options.kills,
                    stops=options.stops,
                    seed=options.seed,
                    most_mails=2 * options.deliveries // (options.kills + options.stops),
                )
            )
    _print_report(report, time.perf_counter() - started)
    sys.exit(bool(report.wrong))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--stops", type=int, default=10, help="rounds that end by SIGTERM")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="", help="an empty PostgreSQL database; else SQLite")
    return parser.parse_args()


def _print_report(report: Report, seconds: float) -> None:
    states = ", ".join(f"{number} {state}" for state, number in sorted(report.states.items()))
    faults = ", ".join(f"{number} {fault}" for fault, number in sorted(report.faults.items()))
    limit = report.kills * CONNECTIONS
    rounds = f"{report.kills} kills, {report.stops} gentle stops"
    print(f"{report.deliveries} deliveries, {rounds}, {seconds:.0f} s")
    print(f"the ledger: {states}")
    print(f"the relay: {report.accepted} taken, {report.duplicates} twice")
    print(f"unknown by a kill: {report.unknown_by_kill} (at most {limit} could be)")
    print(f"unknown by a relay without answer: {report.unknown_by_relay} of {report.ambiguous}")
    print(f"faults: {report.faults.total()} ({faults})")
    print(f"disagreements: {len(report.wrong)}", *report.wrong, sep="\n  ")


if __name__ == "__main__":
    main()
