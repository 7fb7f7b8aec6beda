"""Freed memory goes back to the operating system."""

import sys

import psutil
import pytest

from digestmail.memory import return_free_memory


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps and returns memory so")
def test_memory_between_living_objects_is_given_back() -> None:
    """100 MiB in pieces below the size that is mapped for itself, one in a hundred of them kept."""
    pieces = [bytes([number % 256]) * 20_000 for number in range(5_000)]
    kept = pieces[::100]
    full = psutil.Process().memory_info().rss
    del pieces
    return_free_memory()
    assert psutil.Process().memory_info().rss < full - 50 * 2**20
    assert len(kept) == 50
