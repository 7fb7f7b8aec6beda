"""The container files name things that exist. (No container engine is needed for this.)"""

import re
from pathlib import Path

import pytest
import yaml

from digestmail.config import PREFIX, load

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists()
        assert f"!{name}" in kept


def test_the_image_runs_without_rights() -> None:
    *_, last = DOCKERFILE.split("\nFROM ")
    assert "\nUSER digestmail\n" in last
    assert last.index("USER digestmail") < last.index("ENTRYPOINT")


def test_the_settings_of_the_compose_file_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPOSE["services"]["digestmail"]["environment"].items():
        assert name.startswith(PREFIX)
        default = re.sub(r"\$\{\w+:[-?]([^}]*)\}", r"\1", value)
        monkeypatch.setenv(name, default.ljust(40, "x") if "SECRET" in name else default)
    settings = load()
    assert settings.smtp.host == "mail"
    assert settings.database_url == "postgresql://digestmail:digestmail@database/digestmail"


def test_the_services_an_operator_expects() -> None:
    assert set(COMPOSE["services"]) == {"digestmail", "database", "mail"}
    assert COMPOSE["services"]["digestmail"]["depends_on"]["database"]["condition"]
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
