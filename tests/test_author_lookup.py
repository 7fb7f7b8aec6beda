"""The lookup of an installation: its settings, keys, contact and end."""

import time
from pathlib import Path

import pytest
from conftest import FakeClock
from directory_answers import ADA, Pages, as_json, openalex, openalex_author
from query_server import SECRET, answering
from steps_world import NOW

from digestmail.app import App
from digestmail.author_lookup import open_lookup
from digestmail.config import Settings, load
from digestmail.domain import DirectoryName
from digestmail.errors import ConfigError

_SETTINGS = """
public_url = "https://digest.example.org"
secret_key = "a key of more than thirty-two letters"
operator_email = "ops@example.org"
[mail]
from_address = "daily@digest.example.org"
"""


def settings(folder: Path, text: str = "", **environment: str) -> Settings:
    path = folder / "digestmail.toml"
    path.write_text(_SETTINGS + text)
    return load(path, {f"DIGESTMAIL_DIRECTORIES__{name}": v for name, v in environment.items()})


def briefly(seconds: float) -> None:
    time.sleep(min(seconds, 0.01))


def test_people_are_looked_up_with_keys_and_contact(tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(f"{SECRET}\n")
    chosen = settings(
        tmp_path, OPENALEX_KEY="openalex-key", SEMANTIC_SCHOLAR_KEY_FILE=str(key_file)
    )
    scholar = Pages({"/author/search": as_json({"data": []})})
    with (
        answering(openalex([openalex_author()], [])) as first,
        answering(scholar) as second,
        answering(Pages()) as third,
    ):
        urls = dict.fromkeys(DirectoryName, third.url)
        urls |= {DirectoryName.OPENALEX: first.url, DirectoryName.SEMANTIC_SCHOLAR: second.url}
        clock = FakeClock(NOW)
        # The servers share a host here, and so take turns.
        lookup = open_lookup(chosen, clock, time.monotonic, briefly, urls)
        found = lookup.people("Ada Kettle")
        lookup.close()
    assert [person.ids[0] for person in found.result] == [ADA]
    assert found.problems.keys() == {DirectoryName.ORCID, DirectoryName.DBLP}  # not there
    assert first.asked[0].options["api_key"] == "openalex-key"
    assert first.asked[0].options["mailto"] == "ops@example.org"
    assert second.asked[0].headers["x-api-key"] == SECRET
    assert "ops@example.org" in second.asked[0].headers["user-agent"]
    assert SECRET not in repr(chosen)


def test_directories_can_be_turned_off(tmp_path: Path) -> None:
    chosen = settings(tmp_path, "[directories]\nenabled = false\n")
    with pytest.raises(ConfigError, match=r"set directories.enabled to true"):
        open_lookup(chosen, FakeClock(NOW), time.monotonic, lambda _: None)


def test_an_app_ends_its_lookup(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    app = App(chosen, FakeClock(NOW))
    lookup = app.directories
    assert lookup is app.directories
    app.close()
    with pytest.raises(RuntimeError):  # its threads take nothing more
        lookup.people("Ada Kettle")
