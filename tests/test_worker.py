"""Workers: who lives, who is gone, and of whom nothing is known."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from digestmail.worker import is_gone, this_worker

TELL = "from digestmail.worker import this_worker; print(this_worker(), flush=True)"
LIVE = [sys.executable, "-c", f"{TELL}; import time; time.sleep(60)"]


@contextmanager
def child() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A living process and its name."""
    with subprocess.Popen(LIVE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_this_process_is_not_gone() -> None:
    assert this_worker() == this_worker()
    assert not is_gone(this_worker())


def test_a_living_child_is_not_gone_and_a_reaped_one_is() -> None:
    with child() as (_, name):
        assert not is_gone(name)
        assert not is_gone(f"{name}#any-run")
    assert is_gone(name)
    assert is_gone(f"{name}#any-run")


def test_a_killed_child_that_nobody_reaped_is_gone() -> None:
    with child() as (process, name):
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie
        assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
        assert is_gone(name)


def test_a_pid_used_again_is_known_by_its_start() -> None:
    assert is_gone(_started_earlier(this_worker()))
    with child() as (_, name):
        assert is_gone(_started_earlier(name))


def _started_earlier(worker: str) -> str:
    rest, _, started = worker.rpartition("@")
    return f"{rest}@{float(started) - 100:.0f}"


def test_nobody_outlives_the_machine() -> None:
    machine, pid, started = this_worker().rsplit(":", 2)
    assert is_gone(f"{machine}:{pid}:before{started}")


@pytest.mark.parametrize("name", ["", "scanner", "a:b", "a:b:c", "::", "a:1", "a:1:2:3#4"])
def test_a_name_of_another_kind_tells_nothing(name: str) -> None:
    assert not is_gone(name)


def test_of_another_machine_nothing_is_known() -> None:
    assert not is_gone(f"elsewhere:{2**22 + 1}:1.00")
    assert not is_gone("a:host:with:colons:1:1.00")
    assert not is_gone(this_worker().replace(socket.gethostname(), "elsewhere", 1))
