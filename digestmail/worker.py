"""Who this process is, and whether another one of this machine still lives."""

import os
import socket

import psutil


def this_worker() -> str:
    """A name of this process that no later one will have, here or on another machine."""
    process = psutil.Process()
    return f"{socket.gethostname()}:{process.pid}:{process.create_time():.2f}"


def is_gone(worker: str) -> bool:
    """Whether a worker of this machine has ended; of another machine's nothing is known."""
    host, pid, started = worker.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    if int(pid) == os.getpid():
        return worker != this_worker()
    try:
        process = psutil.Process(int(pid))
        dead = process.status() == psutil.STATUS_ZOMBIE  # ended, and nobody has asked how
        return dead or f"{process.create_time():.2f}" != started
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
