"""What the database does to those who wait, and a file that is not the one it was."""

import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from needs import needs
from schema import POSTGRES, give_schema, own_postgres
from sqlalchemy import make_url, text
from steps_world import NOW, join

from digestmail.errors import StoreError
from digestmail.store import Database, Store
from digestmail.store.database import Patience

BRIEF = Patience(lock=0.2)
LONG = Patience()


def _postgres(patience: Patience = LONG, options: str = "") -> Database:
    needs(POSTGRES, "DIGESTMAIL_TEST_POSTGRES names no PostgreSQL database")
    url = make_url(own_postgres())
    if options:
        url = url.update_query_dict({"options": options})
    return Database(url.render_as_string(hide_password=False), patience)


def _shown(database: Database, name: str) -> str:
    with database.reading() as session:
        value: str = session.execute(text(f"SHOW {name}")).scalar_one()
        return value


@pytest.fixture
def url() -> str:
    with closing(_postgres()) as database:
        give_schema(database)
        return database.url.render_as_string(hide_password=False)


@pytest.mark.postgresql
def test_who_waits_for_a_lock_is_told_in_time(url: str) -> None:
    with closing(Database(url)) as holder, closing(Database(url, BRIEF)) as other:
        with holder.writing() as session:
            session.execute(text("LOCK TABLE subscriber"))
            with pytest.raises(StoreError, match="locked by another program"):
                join(Store(other))
        assert join(Store(other)).id


@pytest.mark.postgresql
def test_no_statement_lasts_for_ever(url: str) -> None:
    with (
        closing(Database(url, Patience(statement=0.2))) as database,
        pytest.raises(StoreError, match="did not answer in time"),
        database.reading() as session,
    ):
        session.execute(text("SELECT pg_sleep(60)"))


@pytest.mark.postgresql
def test_a_host_that_stops_in_a_transaction_lets_the_others_through(url: str) -> None:
    stopped, other = Database(url, Patience(idle=0.2)), Database(url)
    with closing(stopped), closing(other):
        with (  # noqa: PT012 - what fails is the end of the transaction
            pytest.raises(StoreError, match="closed the connection"),
            stopped.writing() as session,
        ):
            session.execute(text("LOCK TABLE subscriber"))
            assert join(Store(other)).id  # as long as it takes
            session.execute(text("SELECT 1"))
        assert len(Store(stopped).subscribers.all()) == 1  # over another connection


@pytest.mark.postgresql
def test_a_server_that_takes_no_changes_is_told_in_one_line(url: str) -> None:
    with closing(_postgres(options="-c default_transaction_read_only=on")) as database:
        with pytest.raises(StoreError, match="is read-only"):
            Store(database).notes.write("n", "v", NOW)
        assert Store(database).notes.read("n") is None


@pytest.mark.postgresql
def test_the_limits_are_there_and_the_operators_own_count(url: str) -> None:
    with closing(Database(url)) as database:
        assert _shown(database, "lock_timeout") == "90s"
        assert _shown(database, "statement_timeout") == "5min"
        assert _shown(database, "idle_in_transaction_session_timeout") == "1min"
        with database.connecting() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            chosen = driver.info.get_parameters()
        assert (chosen["keepalives_idle"], chosen["tcp_user_timeout"]) == ("30", "60000")
    with closing(_postgres(options="-c lock_timeout=7s")) as database:
        assert _shown(database, "lock_timeout") == "7s"
        assert _shown(database, "statement_timeout") == "5min"


@pytest.mark.postgresql
def test_when_all_connections_are_taken_one_line_says_so(url: str) -> None:
    with closing(Database(url, Patience(pool=0.1))) as database:
        held = [database.engine.connect() for _ in range(15)]
        with pytest.raises(StoreError, match="no free connection"):
            Store(database).notes.read("n")
        for connection in held:
            connection.close()


@pytest.mark.parametrize("change", ["replaced", "removed"])
def test_a_file_that_was_changed_for_another_is_noticed(tmp_path: Path, change: str) -> None:
    path = tmp_path / "our.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        give_schema(database)
        store = Store(database)
        join(store)
        copy = tmp_path / "copy.db"
        shutil.copy(path, copy)
        os.replace(copy, path) if change == "replaced" else path.unlink()
        with pytest.raises(StoreError, match=f"was {change} while this program used it"):
            join(store, "bob@example.net")
        with pytest.raises(StoreError, match=change):
            store.subscribers.all()
    if change == "replaced":
        with closing(Database(f"sqlite:///{path}")) as opened_anew:
            assert len(Store(opened_anew).subscribers.all()) <= 1
