"""Migrations keep every row, and tell whose database it is."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, inspect, select, text
from steps_world import GRAPHS, HOUR, NOW, arrive, digest, join, planned

from digestmail.domain import (
    Attempt,
    Batch,
    BatchState,
    DampedPaper,
    DeliveryKind,
    DeliveryState,
    Feedback,
    Outcome,
    Phase,
    SendResult,
    SourceSpec,
    Verdict,
)
from digestmail.errors import ConfigError, StoreError
from digestmail.resources import MIGRATIONS
from digestmail.store import Bounce, Database, Finish, Origin, Store, Tap
from digestmail.store.migrate import copies, current_revision, migrate, require_current
from digestmail.store.table_base import metadata
from digestmail.store.tables import DELETED_NAME

NEWEST = "0023"
_REBUILD = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9000", "{newest}", None, None


def upgrade():
    how = "always" if op.get_bind().dialect.name == "sqlite" else "auto"
    for name in {tables}:
        with op.batch_alter_table(name, recreate=how) as batch:
            batch.add_column(sa.Column("rebuilt", sa.String(), nullable=True))
    {then}


def downgrade():
    pass
"""


def _scripts(folder: Path, *, then: str = "pass") -> Path:
    """Our migrations with one more that rebuilds every table."""
    target = folder / "scripts"
    shutil.copytree(MIGRATIONS, target, ignore=shutil.ignore_patterns("__pycache__"))
    names = [table.name for table in metadata.sorted_tables]
    text = _REBUILD.format(tables=names, then=then, newest=NEWEST)
    (target / "versions" / "9000_more.py").write_text(text)
    return target


def _fill(store: Store) -> None:
    """At least one row in every table."""
    ada = join(store)
    papers = arrive(store, 1, 2)
    store.digests.record([planned(ada, digest(ada, papers))])
    store.feedback.give(
        Feedback(ada.stored_id, ada.profiles[0].id, papers[0].stored_id, Verdict.MORE, NOW)
    )
    store.sources.add(SourceSpec(name="s", kind="file", options={"path": "x.csv"}), NOW)
    store.batches.note([Batch(source="s", day=NOW.date(), state=BatchState.OPEN)], NOW)
    store.papers.keep_features("terms", {papers[0].stored_id: b"0"})
    store.texts.keep("meaning", {"hash": b"0"}, NOW)
    store.saved.add(ada.stored_id, papers[0].stored_id, NOW)
    store.damped.add([DampedPaper(ada.stored_id, None, papers[0].stored_id, NOW)])
    store.taps.record(ada.stored_id, papers[0].stored_id, "save", Origin.PAGE, NOW)
    store.bounces.record(Bounce(id="b", at=NOW, kind="soft"))
    with store.database.writing() as session:
        session.execute(insert(DELETED_NAME).values(hash=1))
    store.suppressions.add("0f", "bounced", NOW)
    store.rate_limits.allow("1e", 1, NOW - NOW, NOW)
    store.rate_limits.allow("2d", 1, None, NOW)
    store.leases.take("digests", "me", NOW - NOW, NOW, lambda _: False)
    store.lines.begin(papers[0].stored_id, "de")
    store.lines.take_request(NOW.date(), 1)
    store.notes.write("last-run", "fine", NOW)
    store.ledger.plan(DeliveryKind.LINK, ada.stored_id, ada.email, "link:1", NOW)
    for delivery in store.ledger.claim("me", NOW, NOW - NOW, 1):
        result = SendResult(outcome=Outcome.DEFERRED, phase=Phase.RCPT)
        tried = Attempt(delivery_id=delivery.id, at=NOW, seconds=1, result=result)
        store.ledger.take("me", [Finish(delivery, tried, DeliveryState.DEFERRED, NOW)])


def _counts(database: Database) -> dict[str, int]:
    with database.reading() as session:
        tables = metadata.sorted_tables
        return {
            t.name: session.execute(select(func.count()).select_from(t)).scalar_one()
            for t in tables
        }


def test_the_filled_store_has_a_row_in_every_table(store: Store) -> None:
    _fill(store)
    assert all(_counts(store.database).values())
    assert set(_counts(store.database)) == set(metadata.tables)


def test_migrating_twice_changes_nothing(database: Database) -> None:
    assert migrate(database, MIGRATIONS, NOW) is None
    assert current_revision(database) == NEWEST
    require_current(database, MIGRATIONS)


def test_the_schema_is_what_the_tables_say(database: Database) -> None:
    with database.connecting() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_down_to_nothing_and_up_again(store: Store) -> None:
    _fill(store)
    backup = migrate(store.database, MIGRATIONS, NOW, revision="base")
    assert _tables(store.database) == {"alembic_version"}
    assert (backup is not None) == store.database.is_sqlite
    migrate(store.database, MIGRATIONS, NOW)
    assert set(_counts(store.database).values()) == {0}
    _fill(store)


def _tables(database: Database) -> set[str]:
    with database.connecting() as connection:
        return set(inspect(connection).get_table_names())


def test_rebuilding_every_table_loses_no_row(store: Store, tmp_path: Path) -> None:
    _fill(store)
    before = _counts(store.database)
    migrate(store.database, _scripts(tmp_path), NOW)
    assert current_revision(store.database) == "9000"
    assert _counts(store.database) == before


def test_foreign_keys_are_on_again_after_a_migration(store: Store, tmp_path: Path) -> None:
    _fill(store)
    migrate(store.database, _scripts(tmp_path), NOW)
    store.subscribers.remove(store.subscribers.by_email("ada@example.net").stored_id)
    left = _counts(store.database)
    assert not any(left[t] for t in ("profile", "digest", "digest_item", "delivery", "attempt"))


def test_the_backup_holds_what_was_there(store: Store, tmp_path: Path) -> None:
    if not store.database.is_sqlite:
        pytest.skip("PostgreSQL migrates in one transaction, without a backup")
    _fill(store)
    backup = migrate(store.database, _scripts(tmp_path), NOW)
    assert backup is not None
    copy = Database(f"sqlite:///{backup}")
    assert _counts(copy) == _counts(store.database)
    assert current_revision(copy) == NEWEST
    copy.close()


@pytest.mark.parametrize("then", ["raise RuntimeError('broken')", "op.execute('nonsense')"])
def test_a_broken_migration_leaves_all_as_it_was(store: Store, tmp_path: Path, then: str) -> None:
    _fill(store)
    before = _counts(store.database)
    with pytest.raises(Exception, match=r"broken|nonsense"):
        migrate(store.database, _scripts(tmp_path, then=then), NOW)
    assert current_revision(store.database) == NEWEST
    assert _counts(store.database) == before
    store.subscribers.remove(1)
    assert _counts(store.database)["delivery"] == 0


def test_a_migration_that_orphans_rows_is_undone(store: Store, tmp_path: Path) -> None:
    if not store.database.is_sqlite:
        pytest.skip("PostgreSQL's own foreign keys are never off")
    _fill(store)
    before = _counts(store.database)
    scripts = _scripts(tmp_path, then="op.execute('DELETE FROM subscriber')")
    with pytest.raises(StoreError, match="nothing changed"):
        migrate(store.database, scripts, NOW)
    assert _counts(store.database) == before


def test_an_unknown_revision_is_refused(database: Database) -> None:
    with pytest.raises(StoreError, match="schema revision '0999' does not exist"):
        migrate(database, MIGRATIONS, NOW, revision="0999")


def test_a_newer_database_is_refused(database: Database, tmp_path: Path) -> None:
    migrate(database, _scripts(tmp_path), NOW)
    with pytest.raises(StoreError, match="'9000', which is unknown"):
        require_current(database, MIGRATIONS)
    with pytest.raises(StoreError, match="belongs to a newer version"):
        migrate(database, MIGRATIONS, NOW)


def test_an_older_database_is_told_to_migrate(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="older schema; run: digestmail migrate"):
        require_current(database, _scripts(tmp_path))


def test_an_empty_database_is_told_to_migrate(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    database.path.touch() if database.path else None
    with pytest.raises(StoreError, match="is empty; run: digestmail migrate"):
        require_current(database, MIGRATIONS)
    with pytest.raises(StoreError, match=r"no digestmail tables|lacks a table or column"):
        Store(database).subscribers.all()
    database.close()


@pytest.mark.parametrize("revision", [None, NEWEST, "77aa"])
def test_another_programs_database_is_refused(
    empty_database_url: str, revision: str | None
) -> None:
    database = Database(empty_database_url)
    with database.connecting() as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE albums (id INTEGER)")
        if revision:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
            insert = text("INSERT INTO alembic_version VALUES (:revision)")
            connection.execute(insert, {"revision": revision})
    with pytest.raises(StoreError, match="another program"):
        migrate(database, MIGRATIONS, NOW)
    with pytest.raises(StoreError, match="another program"):
        require_current(database, MIGRATIONS)
    assert _tables(database) - {"alembic_version"} == {"albums"}
    database.close()


def test_a_text_file_is_not_a_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 100)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="not SQLite at all"):
        migrate(database, MIGRATIONS, NOW)
    assert path.read_text().startswith("Dear diary")
    database.close()


def test_a_directory_is_not_a_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}")
    with pytest.raises(StoreError, match="cannot be opened"):
        migrate(database, MIGRATIONS, NOW)
    database.close()


def test_a_missing_file_is_not_made_by_looking(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with pytest.raises(StoreError, match="run: digestmail init"):
        require_current(Database(f"sqlite:///{path}"), MIGRATIONS)
    assert not path.exists()


def test_the_folder_of_the_database_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a' / 'b' / 'our.db'}")
    migrate(database, MIGRATIONS, NOW)
    require_current(database, MIGRATIONS)
    database.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot create the folder"):
        migrate(Database(f"sqlite:///{tmp_path}/file/our.db"), MIGRATIONS, NOW)


def test_a_backup_that_cannot_be_written_stops_the_migration(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / ('x' * 245)}")  # no room for the copy's name
    migrate(database, MIGRATIONS, NOW)
    with pytest.raises(StoreError, match="cannot back up"):
        migrate(database, _scripts(tmp_path), NOW)
    assert current_revision(database) == NEWEST
    database.close()


def test_a_copy_is_for_the_same_eyes_as_its_original(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'our.db'}")
    migrate(database, MIGRATIONS, NOW)
    assert database.path is not None
    for mode in (0o600, 0o640):
        database.path.chmod(mode)
        copy = migrate(database, MIGRATIONS, NOW, revision="0008" if mode == 0o600 else "head")
        assert copy is not None
        assert copy.stat().st_mode & 0o777 == mode
        with sqlite3.connect(copy) as copied:
            assert copied.execute("SELECT count(*) FROM subscriber").fetchone() == (0,)
    assert len(copies(database)) == 2  # though both were made in the same second
    database.close()


_FULL_DISK = """
import resource, sys
from datetime import UTC, datetime
from digestmail.resources import MIGRATIONS
from digestmail.store import Database
from digestmail.store.migrate import migrate
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
migrate(Database(sys.argv[1]), MIGRATIONS, datetime.now(UTC), revision="0008")
"""


def test_no_half_of_a_copy_stays_when_the_disk_is_full(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'our.db'}")
    migrate(database, MIGRATIONS, NOW)
    url = database.url.render_as_string()
    run = subprocess.run([sys.executable, "-c", _FULL_DISK, url], capture_output=True, text=True)
    assert "cannot back up" in run.stderr
    assert copies(database) == []
    assert current_revision(database) == NEWEST
    database.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_read_only_database_is_told(tmp_path: Path, what: str) -> None:
    path = tmp_path / "ro" / "our.db"
    database = Database(f"sqlite:///{path}")
    migrate(database, MIGRATIONS, NOW)
    database.close()
    (path if what == "file" else path.parent).chmod(0o500)
    with pytest.raises(StoreError, match=r"read-only|cannot be opened"):
        join(Store(database))
    path.parent.chmod(0o700)


def test_a_damaged_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "our.db"
    database = Database(f"sqlite:///{path}")
    migrate(database, MIGRATIONS, NOW)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    whole = bytearray(path.read_bytes())
    whole[4096:] = b"\xff" * (len(whole) - 4096)
    path.write_bytes(whole)
    with pytest.raises(StoreError, match=r"damaged|another program"):
        migrate(database, _scripts(tmp_path), NOW)
    database.close()


def test_two_processes_may_migrate_at_once(empty_database_url: str) -> None:
    code = (
        "import sys; from datetime import datetime, UTC\n"
        "from digestmail.store import Database; from digestmail.resources import MIGRATIONS\n"
        "from digestmail.store.migrate import migrate\n"
        "sys.stdin.readline(); migrate(Database(sys.argv[1]), MIGRATIONS, datetime.now(UTC))"
    )
    command = [sys.executable, "-c", code, empty_database_url]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    both = [subprocess.Popen(command, text=True, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    database = Database(empty_database_url)
    require_current(database, MIGRATIONS)
    database.close()


def test_ids_of_erased_rows_never_come_back(store: Store) -> None:
    _fill(store)
    ada = store.subscribers.by_email("ada@example.net")
    (old,) = store.digests.of_subscriber(ada.stored_id)
    delivery = store.ledger.of_subscriber(ada.stored_id)[0]
    store.subscribers.remove(ada.stored_id)
    bob = join(store, "bob@example.net")
    (new,) = store.digests.record([planned(bob, digest(bob, arrive(store, 1)))])
    assert (bob.stored_id) > (ada.stored_id)
    assert (new.stored_id) > (old.stored_id)
    assert store.ledger.of_subscriber(bob.stored_id)[0].id > delivery.id
    assert bob.profiles[0].id != ada.profiles[0].id
    assert bob.profiles[0].keywords == GRAPHS.keywords


@pytest.mark.parametrize(
    "url", ["", "mysql://x/y", "sqlite://", "not a url", "sqlite+aiosqlite:///x.db"]
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="database_url"):
        Database(url)


def test_a_password_is_never_shown() -> None:
    database = Database("postgresql://me:s3cret@127.0.0.1:9/ours")
    assert "s3cret" not in database.name
    with pytest.raises(StoreError, match="does not answer") as caught:
        require_current(database, MIGRATIONS)
    assert "s3cret" not in str(caught.value)


def test_papers_of_before_are_numbered_as_they_were_seen(store: Store) -> None:
    arrive(store, 1, at=NOW)
    arrive(store, 3, 2, at=NOW - HOUR)
    migrate(store.database, MIGRATIONS, NOW, revision="0010")
    migrate(store.database, MIGRATIONS, NOW)
    numbered = [(number, p.key[-1]) for number, p in store.papers.news(NOW - 2 * HOUR)]
    assert numbered == [(1, "3"), (2, "2"), (3, "1")]
    (new,) = arrive(store, 4, at=NOW - 3 * HOUR)
    assert store.papers.news(NOW - 2 * HOUR)[-1] == (4, new)


def test_taps_of_before_move_to_their_table_and_back(store: Store) -> None:
    ada, paper = join(store).stored_id, arrive(store, 1)[0].stored_id
    store.taps.record(ada, paper, "more", Origin.PAGE, NOW)
    store.taps.record(ada, paper, "save", Origin.BUTTON, NOW)
    store.taps.record(ada, paper, "less", Origin.BUTTON, NOW, replaced_at=NOW - HOUR)
    store.rate_limits.allow("hook:1e", 1, HOUR, NOW)
    migrate(store.database, MIGRATIONS, NOW, revision="0013")
    press = f"press:{ada}:{paper}:less"
    marks = [f"tap:{ada}:{paper}:more", f"press:{ada}:{paper}:save", press, f"{press}:instead"]
    assert [store.rate_limits.window_start(mark) for mark in marks] == [NOW] * 4
    assert store.rate_limits.window_start(f"{press}:before") == NOW - HOUR
    store.rate_limits.allow(f"tap:999:{paper}:more", 1, HOUR, NOW)  # of a reader erased since
    migrate(store.database, MIGRATIONS, NOW)
    assert store.taps.last(ada, paper, "more", Origin.PAGE) == Tap(
        paper, "more", Origin.PAGE, NOW, None
    )
    assert store.taps.last(ada, paper, "save", Origin.BUTTON) == Tap(
        paper, "save", Origin.BUTTON, NOW, None
    )
    assert store.taps.last(ada, paper, "less", Origin.BUTTON) == Tap(
        paper, "less", Origin.BUTTON, NOW, NOW - HOUR
    )
    assert store.taps.last(ada, paper, "less", Origin.PAGE) is None
    assert store.rate_limits.window_start("hook:1e") == NOW
    assert store.rate_limits.window_start(f"tap:999:{paper}:more") is None
