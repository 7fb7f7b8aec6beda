"""Who this process is, and whether another one of this machine still lives."""

import os
import socket
from pathlib import Path

import psutil


def this_worker() -> str:
    """A name of this process that no later one will have, here or on another machine."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def is_gone(worker: str) -> bool:
    """Whether a worker of this machine has ended; of another machine's nothing is known.

    What a name carries after a ``#`` is the worker's own affair.
    """
    machine, pid, started = worker.partition("#")[0].rsplit(":", 2)
    if machine != _machine():
        return False
    try:
        # A zombie has ended, and only nobody has asked how.
        dead = psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE
        return dead or _started(int(pid)) != started
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def _machine() -> str:
    """The host, and on Linux the namespace in which its process ids count."""
    try:
        return f"{socket.gethostname()}/{os.readlink('/proc/self/ns/pid')[5:-1]}"
    except OSError:
        return socket.gethostname()


def _started(pid: int) -> str:
    """When a process started; on Linux in ticks since boot, which setting the clock leaves."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
        return after_name.split()[19]
    except OSError:
        return f"{psutil.Process(pid).create_time():.2f}"
