"""How often a visitor's network may ask: token buckets in memory, and the limits of forms."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_MAX_NETWORKS = 10_000  # remembered in some 2 MB


@dataclass(frozen=True, slots=True)
class HourlyLimit:
    """The number of requests of one kind in an hour; counted in the database."""

    name: str
    per_network: int
    total: int


FORMS = HourlyLimit("form", 20, 500)  # each may have a mail sent
READS = HourlyLimit("read", 120, 5_000)  # each may bring a file, and have titles looked up
PREVIEWS = HourlyLimit("preview", 600, 20_000)  # typing asks for one every other second


class TokenBuckets:
    """A token bucket for each visitor's network, in memory: nothing is written for a page.

    ``burst`` is the number of pages that a network may ask for in one go: scholars share
    addresses.
    """

    def __init__(
        self,
        burst: int = 120,
        per_second: float = 10.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst, self._rate = burst, per_second
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when
        self._lock = threading.Lock()

    def wait(self, network: str) -> int:
        """Take a token; return 0, or the seconds until there is one again."""
        now = self._monotonic()
        with self._lock:
            tokens, then = self._buckets.pop(network, (float(self._burst), now))
            tokens = min(tokens + (now - then) * self._rate, float(self._burst))
            self._buckets[network] = (tokens - 1 if tokens >= 1 else tokens, now)
            if len(self._buckets) > _MAX_NETWORKS:
                self._buckets.popitem(last=False)
        return 0 if tokens >= 1 else math.ceil((1 - tokens) / self._rate)
