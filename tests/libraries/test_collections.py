import pytest

from digestmail.domain import LibraryCollection, LibraryItem, Paper
from digestmail.libraries.collections import chosen_items

TEA, GREEN, COFFEE = (
    LibraryCollection("tea", "Tea"),
    LibraryCollection("green", "Green", "tea"),
    LibraryCollection("coffee", "Coffee"),
)
RING = [LibraryCollection("a", "A", "b"), LibraryCollection("b", "B", "a")]
ITEMS = [
    LibraryItem(name, Paper(key=f"x:{name}", title=name), frozenset(collections))
    for name, collections in {
        "none": [],
        "in tea": ["tea"],
        "in green": ["green"],
        "in both": ["green", "coffee"],
        "in a ring": ["a"],
    }.items()
]


@pytest.mark.parametrize(
    ("included", "excluded", "names"),
    [
        ([], [], ["none", "in tea", "in green", "in both", "in a ring"]),
        (["tea"], [], ["in tea", "in green", "in both"]),
        (["green"], [], ["in green", "in both"]),
        (["tea"], ["coffee"], ["in tea", "in green"]),
        ([], ["tea"], ["none", "in a ring"]),
        (["b"], [], ["in a ring"]),
        (["gone"], [], []),
    ],
)
def test_collections_choose_items(
    included: list[str], excluded: list[str], names: list[str]
) -> None:
    collections = [TEA, GREEN, COFFEE, *RING]
    chosen = chosen_items(ITEMS, collections, included=included, excluded=excluded)
    assert [item.key for item in chosen] == names
