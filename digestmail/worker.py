"""Who this process is, and whether another one of this machine still lives."""

import os
import socket
from functools import lru_cache
from pathlib import Path

import psutil


def this_worker() -> str:
    """Return a name of this process that no later one will have, here or on another machine."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def is_gone(worker: str) -> bool:
    """Return whether a worker of this machine has ended; of another machine's nothing is known.

    What a name carries after a ``#`` is the worker's own affair.
    """
    machine, pid, started = _split(worker)
    if machine != _machine() or not pid.isdecimal():
        return False
    boot, _, ticks = started.rpartition("@")
    if boot != _boot():
        return True  # no process outlives its machine
    try:
        # A zombie has ended, and only nobody has asked how.
        dead = psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE
        return dead or _ticks(int(pid)) != ticks
    except (psutil.NoSuchProcess, OverflowError):
        return True
    except psutil.AccessDenied:
        return False


def _split(worker: str) -> tuple[str, str, str]:
    process, _, started = worker.partition("#")[0].rpartition(":")
    machine, _, pid = process.rpartition(":")
    return machine, pid, started


@lru_cache
def _machine() -> str:
    """Return the host, and on Linux its own id and the namespace in which its process ids count.

    Hosts may share a name, such as localhost; a copied virtual machine shares the id too, but
    hardly both.
    """
    try:
        namespace = os.readlink("/proc/self/ns/pid")[5:-1]
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{_first_line('/etc/machine-id')[:12]}/{namespace}"


@lru_cache
def _boot() -> str:
    """Return what names the time since this machine was started; empty where nothing does.

    Without an id of the machine, another one of its name would be taken for its earlier life.
    """
    if not _first_line("/etc/machine-id"):
        return ""
    return _first_line("/proc/sys/kernel/random/boot_id")[:8]


def _first_line(file: str) -> str:
    try:
        return Path(file).read_text(encoding="ascii").partition("\n")[0].strip()
    except (OSError, ValueError):
        return ""


def _started(pid: int) -> str:
    """Return when a process started: the boot of its machine, and the time since then."""
    return f"{_boot()}@{_ticks(pid)}"


def _ticks(pid: int) -> str:
    """Return when a process started; on Linux in ticks since boot, whatever the clock says."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
        return after_name.split()[19]
    except OSError:
        return f"{psutil.Process(pid).create_time():.2f}"
