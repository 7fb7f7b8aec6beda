"""Import a list of 50,000 subscribers into SQLite: agreed, to be asked, and once more.

Prints the CPU time of reading and of entering, and the peak of memory.
"""

import argparse
import random
import tempfile
from pathlib import Path

from bench.common import Stopwatch, peak_mib
from digestmail.calendar import utc_now
from digestmail.domain import Profile, Schedule
from digestmail.resources import MIGRATIONS
from digestmail.steps.links import Links
from digestmail.steps.subscribers.import_export.enter import ImportTally, enter
from digestmail.steps.subscribers.import_export.entries import Entries
from digestmail.steps.subscribers.import_export.formats import read_list
from digestmail.steps.subscribers.subscription import SubscriptionService
from digestmail.store import Database, Store
from digestmail.store.migrate import migrate
from digestmail.tokens import Signer

_ZONES = ("Europe/Rome", "america/new york", "Asia/Tokyo", "W. Europe Standard Time", "")
_WORDS = ("graph", "sea ice", "protein folding", "large language models", "dark matter", "soil")
_STATUSES = ("active",) * 17 + ("unsubscribed", "bounced", "complained")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    options = parser.parse_args()
    data = _list(options.count)
    print(f"{options.count:,} rows, {len(data) / 1e6:.1f} MB")
    for name, active in (("agreed", True), ("to be asked", False)):
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{Path(folder)}/bench.db")
            migrate(database, MIGRATIONS, utc_now())
            service = SubscriptionService(
                Store(database), Links("https://x.example.org", Signer(["k" * 40]))
            )
            entered = _run(name, service, data, active=active)
            assert entered.added + entered.refusals == options.count, entered
            again = _run(f"{name}, once more", service, data, active=active)
            assert again.known == options.count, again
            database.close()
    print(f"memory: {peak_mib():.0f} MiB at the peak")


def _run(name: str, service: SubscriptionService, data: bytes, *, active: bool) -> ImportTally:
    watch = Stopwatch()
    entries = Entries(Profile(), Schedule())
    entries.read(read_list(data, {}).records, lambda _: None)
    assert not entries.problems, entries.problems[0]
    read = watch.cpu
    entered = enter(service, entries.people.values(), utc_now(), lambda _: None, active=active)
    total = watch.cpu
    print(
        f"{name}: {total:.1f} s of CPU ({read:.1f} reading, {total - read:.1f} entering),"
        f" {watch.wall:.1f} s on the wall"
    )
    return entered


def _list(count: int) -> bytes:
    rng = random.Random(1)
    lines = ["Email Address,First Name,Status,TIMEZONE,keywords,Company"]
    for number in range(count):
        keywords = "; ".join(rng.sample(_WORDS, 3))
        zone, status = rng.choice(_ZONES), rng.choice(_STATUSES)
        lines.append(
            f'reader{number}@dept{number % 40}.example.org,Ada,{status},{zone},"{keywords}",X'
        )
    return "\n".join(lines).encode()


if __name__ == "__main__":
    main()
