"""The container files name things that exist. (No container engine is needed for this.)"""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
    services = COMPOSE["services"]
    assert set(services) == {"migrate", "digestmail", "database", "mail"}
    assert services["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert services["migrate"]["environment"] == services["digestmail"]["environment"]
    once = services["digestmail"]["depends_on"]["migrate"]["condition"]
    assert once == "service_completed_successfully"
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize(
    ("url", "ran"),
    [
        ("sqlite:////data/digestmail.db", ["migrate", "serve --only web"]),
        ("postgresql://me@db/digestmail", ["serve --only web"]),
    ],
)
def test_only_a_database_of_its_own_is_migrated_at_the_start(
    tmp_path: Path, url: str, ran: list[str]
) -> None:
    """A program that writes down how it was called stands for digestmail."""
    fake = tmp_path / "digestmail"
    fake.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/ran\n')
    fake.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(
        [ROOT / "docker/entrypoint", "serve", "--only", "web"],
        env={"PATH": path, "DIGESTMAIL_DATABASE_URL": url},
        check=True,
    )
    assert (tmp_path / "ran").read_text().splitlines() == ran


def test_the_health_check_asks_at_the_port_of_the_settings(tmp_path: Path) -> None:
    with serving_health() as (port, statuses):
        for status, code in ((200, 0), (503, 1)):
            statuses.append(status)
            assert health(tmp_path, port) == code
    assert health(tmp_path, port) == 1


def health(folder: Path, port: int) -> int:
    """The exit code of the image's health check, run by this Python."""
    settings = {
        "DIGESTMAIL_PUBLIC_URL": "https://digest.example.org",
        "DIGESTMAIL_SECRET_KEY": "k3y-" * 10,
        "DIGESTMAIL_MAIL__FROM_ADDRESS": "daily@example.org",
        "DIGESTMAIL_WEB__HOST": "0.0.0.0",  # noqa: S104
        "DIGESTMAIL_WEB__PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, str(ROOT / "docker/healthcheck")]
    done = subprocess.run(command, env=settings, cwd=folder, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    return done.returncode


@contextmanager
def serving_health() -> Iterator[tuple[int, list[int]]]:
    """A server on a port of its own that answers with the last of these statuses."""
    statuses: list[int] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses[-1] if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server.server_address[1], statuses
        finally:
            server.shutdown()
