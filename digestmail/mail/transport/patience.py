"""How long a relay may take for its word on a recipient."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Patience:
    """The wait for one relay's answers to RCPT, shorter once it has shown how fast it is.

    A recipient whose server never answers, such as behind a relay that asks it at once, would
    else hold up for ``longest`` seconds a job in which everybody else's mail has gone.
    """

    def __init__(self, longest: float, *, least: float = 10.0, factor: float = 10.0) -> None:
        self._longest = longest
        self._least = least  # seconds; enough for a relay that is busy for a moment
        self._factor = factor  # times the slowest answer so far
        self._slowest: float | None = None

    @property
    def seconds(self) -> float:
        """How long to wait for the next answer."""
        if self._slowest is None:
            return self._longest
        return min(self._longest, max(self._least, self._factor * self._slowest))

    @contextmanager
    def answering(self) -> Iterator[float]:
        """Give the seconds to wait for an answer, and learn from how long it takes."""
        begun = time.monotonic()
        yield self.seconds
        self._slowest = max(self._slowest or 0.0, time.monotonic() - begun)
