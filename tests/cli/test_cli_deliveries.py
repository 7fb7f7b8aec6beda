"""delivery list, show, retry and redeliver, as an operator uses them."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from schema import give_schema
from steps_world import accepted, owe, put, refused
from typer.testing import CliRunner, Result

from digestmail.app import App
from digestmail.calendar import utc_now
from digestmail.cli import cli
from digestmail.config import Settings, load
from digestmail.domain import Attempt, Delivery, DeliveryState, Outcome
from digestmail.errors import ConfigError, InputError, NotFoundError
from digestmail.mailing import relay_settings
from digestmail.store import Finish, Store

SETTINGS = """
public_url = "https://digest.example.org"
secret_key = "a key of more than thirty-two letters"
[mail]
from_address = "daily@digest.example.org"
outbox = "sent"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "digestmail.toml"
    path.write_text(SETTINGS)
    return path


@pytest.fixture
def app(file: Path) -> Iterator[App]:
    app = App(load(file))
    give_schema(app.store.database)
    yield app
    app.close()


@pytest.fixture
def shell(file: Path) -> Callable[..., Result]:
    """Runs a command of ``digestmail delivery``."""

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(file), "delivery", *words])

    return run


def ended(store: Store, state: DeliveryState, email: str = "ada@example.net") -> Delivery:
    """A delivery that one attempt ended like this, just now."""
    delivery, now = put(store, owe(store, email), due_at=utc_now()), utc_now()
    held = {"lease_owner": "me", "lease_until": now + timedelta(hours=1)}
    put(store, delivery, state="leased", **held)
    sent = state is DeliveryState.SENT
    result = accepted() if sent else refused(Outcome.REJECTED, text="not that")
    tried = Attempt(delivery_id=delivery.id, at=now, seconds=1.234, result=result)
    assert store.ledger.take("me", [Finish(delivery, tried, state, now)]) == [True]
    return store.ledger.get(delivery.id)


def shown(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_list_filters_by_state_and_day(app: App, shell: Callable[..., Result]) -> None:
    failed = ended(app.store, DeliveryState.FAILED)
    sent = ended(app.store, DeliveryState.SENT, "bob@example.net")
    assert [one["id"] for one in shown(shell("list", "--json"))] == [sent.id, failed.id]
    (only,) = shown(shell("list", "--state", "failed", "--json"))
    assert (only["id"], only["state"], only["attempts"]) == (failed.id, "failed", 1)
    assert shown(shell("list", "--date", "2020-01-01", "--json")) == []
    assert "not that" in shell("list").stdout


def test_show_tells_every_attempt(app: App, shell: Callable[..., Result]) -> None:
    delivery = ended(app.store, DeliveryState.FAILED)
    told = shown(shell("show", str(delivery.id), "--json"))
    (tried,) = told["attempts"]
    assert (tried["phase"], tried["code"], tried["enhanced"]) == ("rcpt", 550, "5.1.1")
    assert (tried["text"], tried["seconds"]) == ("not that", 1.23)
    assert "5.1.1" in shell("show", str(delivery.id)).stdout
    assert isinstance(shell("show", "99").exception, NotFoundError)


def test_retry_of_one_and_of_all_of_today(app: App, shell: Callable[..., Result]) -> None:
    ids = [ended(app.store, DeliveryState.FAILED, f"{n}@example.net").id for n in range(3)]
    assert "1 planned again" in shell("retry", str(ids[0])).stdout
    assert shown(shell("retry", "--state", "failed", "--json")) == {"planned": 2, "refused": []}
    states = {app.store.ledger.get(number).state for number in ids}
    assert states == {DeliveryState.PLANNED}


def test_a_retry_that_is_refused_says_why(app: App, shell: Callable[..., Result]) -> None:
    delivery = ended(app.store, DeliveryState.SENT)
    result = shell("retry", str(delivery.id))
    assert result.exit_code == 1
    assert f"error: delivery: {delivery.id} is sent" in result.stderr
    assert isinstance(shell("retry").exception, InputError)


def test_redeliver_needs_a_yes(app: App, shell: Callable[..., Result]) -> None:
    delivery = ended(app.store, DeliveryState.SENT)
    assert "--yes" in str(shell("redeliver", str(delivery.id)).exception)
    assert len(app.store.ledger.latest()) == 1
    assert shell("redeliver", str(delivery.id), "--yes").exit_code == 0
    assert app.deliver().sent == 1


# --- relays in the settings ------------------------------------------------------------------


def _settings(file: Path, more: str) -> Settings:
    file.write_text(SETTINGS + more)
    return load(file)


def test_further_relays_stand_beside_the_first(file: Path) -> None:
    more = '[smtp]\nhost = "a.example"\n[[relays]]\nhost = "b.example"\nweight = 3\nper_day = 50\n'
    first, second = relay_settings(_settings(file, more))
    assert (first.host, first.weight, first.per_day) == ("a.example", 1, 0)
    assert (second.host, second.weight, second.per_day) == ("b.example", 3, 50)


def test_relays_alone_are_all_there_is(file: Path) -> None:
    more = '[[relays]]\nhost = "a.example"\n[[relays]]\nhost = "b.example"\n'
    assert [r.host for r in relay_settings(_settings(file, more))] == ["a.example", "b.example"]
    assert [r.host for r in relay_settings(load(file, {}))] == ["a.example", "b.example"]


def test_a_relay_with_a_wrong_value_is_told(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"relays\.0\.weight"):
        _settings(file, '[[relays]]\nhost = "a.example"\nweight = 0\n')


def test_relays_rest_until_the_time_that_was_noted(app: App) -> None:
    now = utc_now()
    for until, noted_at, rests in ((1, 0, True), (-1, -2, False), (5, 1, False)):
        end = now + timedelta(hours=until)
        app.store.notes.write("relay-rest", end.isoformat(), now + timedelta(hours=noted_at))
        assert app.delivery.is_relay_resting() is rests
