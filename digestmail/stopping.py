"""Signals that end a command: they set an event, and what is at work ends by itself."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# SIGHUP comes when a terminal is closed; Windows has none.
SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP set ``stop`` instead of ending the process.

    A signal that the process was started to ignore, as by nohup, stays ignored.
    """
    heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = [signal.signal(number, lambda *_: stop.set()) for number in heeded]
    try:
        yield
    finally:
        for number, handler in zip(heeded, before, strict=True):
            signal.signal(number, handler)
