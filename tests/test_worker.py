"""Workers: who lives, who is gone, and of whom nothing is known."""

import os
import socket
import subprocess
import sys

import psutil

from digestmail.worker import is_gone, this_worker

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
TELL = [sys.executable, "-c", "from digestmail.worker import this_worker; print(this_worker())"]


def name_of(pid: int, earlier: float = 0.0) -> str:
    started = psutil.Process(pid).create_time() - earlier
    return f"{socket.gethostname()}:{pid}:{started:.2f}"


def test_this_process_is_not_gone() -> None:
    assert this_worker() == this_worker()
    assert not is_gone(this_worker())


def test_a_living_child_is_not_gone_and_a_reaped_one_is() -> None:
    with subprocess.Popen(SLEEP) as child:
        name = name_of(child.pid)
        assert not is_gone(name)
        child.kill()
    assert is_gone(name)


def test_a_killed_child_that_nobody_reaped_is_gone() -> None:
    with subprocess.Popen(SLEEP) as child:
        name = name_of(child.pid)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie
        assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
        assert is_gone(name)


def test_a_process_that_told_its_name_is_gone_after_it_ended() -> None:
    told = subprocess.run(TELL, capture_output=True, text=True, check=True).stdout.strip()
    assert told.startswith(f"{socket.gethostname()}:")
    assert is_gone(told)


def test_a_pid_used_again_is_known_by_its_start() -> None:
    assert is_gone(name_of(os.getpid(), earlier=100))
    with subprocess.Popen(SLEEP) as child:
        assert is_gone(name_of(child.pid, earlier=100))
        child.kill()


def test_of_another_machine_nothing_is_known() -> None:
    assert not is_gone(f"elsewhere:{2**22 + 1}:1.00")
    assert not is_gone("a:host:with:colons:1:1.00")
