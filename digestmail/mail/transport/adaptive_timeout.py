"""How long a relay may take for its answer to RCPT."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class AdaptiveTimeout:
    """The wait for one relay's answers to RCPT, shorter once it has shown how fast it is.

    The wait is ``factor`` times the slowest answer so far, between ``minimum`` and ``maximum``
    seconds, and ``maximum`` before the first answer. With a fixed wait a recipient whose server
    never answers, behind a relay that asks it at once, would hold up a finished job that long.
    The default minimum is enough for a relay that is busy for a moment.
    """

    def __init__(self, maximum: float, *, minimum: float = 10.0, factor: float = 10.0) -> None:
        self._maximum = maximum
        self._minimum = minimum
        self._factor = factor
        self._slowest: float | None = None

    @property
    def seconds(self) -> float:
        """Return how long to wait for the next answer."""
        if self._slowest is None:
            return self._maximum
        return min(self._maximum, max(self._minimum, self._factor * self._slowest))

    @contextmanager
    def measured(self) -> Iterator[float]:
        """Give the seconds to wait for an answer, and learn from how long it takes."""
        begun = time.monotonic()
        yield self.seconds
        self._slowest = max(self._slowest or 0.0, time.monotonic() - begun)
