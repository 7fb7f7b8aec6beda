"""Values of JSON in which one part was replaced, as services change their formats."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress

from query_server import answering
from sources_server import Answer, browsing

from digestmail.errors import DigestmailError
from digestmail.sources.http.client import WebClient

_REPLACEMENTS: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "2026-13-45",
    "\x00\u202e<b>&amp;",
    [],
    {},
    [None],
    [[]],
    ["x", 7, None, {}],
    {"x": []},
    {"value": {"value": []}},
    {"text": [1]},
)


def mutations(value: object, count: int, seed: int = 7) -> Iterator[object]:
    """Yield ``count`` copies of ``value``, each with one part replaced, the same ones each time."""
    places = list(_places(value))
    chance = random.Random(seed)
    for _ in range(count):
        mutant = copy.deepcopy(value)
        path = chance.choice(places)
        parent = mutant
        for step in path[:-1]:
            parent = parent[step]  # type: ignore[index]
        parent[path[-1]] = copy.deepcopy(chance.choice(_REPLACEMENTS))  # type: ignore[index]
        yield mutant


def _places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    items: list[tuple[object, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def check_mutations(
    value: object,
    action: Callable[[WebClient, str], object],
    count: int = 150,
) -> None:
    """Check that ``action`` succeeds or fails clearly, whatever part of its response changed.

    ``action`` gets a client and the address of a server that sends the response.
    """
    response = Answer()
    with answering(lambda _: response) as interface, browsing() as web:
        for mutant in mutations(value, count):
            response = Answer(json.dumps(mutant))
            with suppress(DigestmailError):
                action(web, interface.url)
        assert len(interface.asked) >= count
