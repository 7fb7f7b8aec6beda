"""The items of a library that a person chose by its collections."""

from collections.abc import Collection, Iterable

from digestmail.domain import LibraryCollection, LibraryItem


def chosen_items(
    items: Iterable[LibraryItem],
    collections: Iterable[LibraryCollection],
    *,
    included: Collection[str] = (),
    excluded: Collection[str] = (),
) -> list[LibraryItem]:
    """Return the items in one of the ``included`` collections and in none of the ``excluded``.

    Both are keys, and reach into the collections inside. All items are included where none is
    named. An item of several collections is left out if one of them is.
    """
    parents = {collection.key: collection.parent for collection in collections}
    included, excluded = frozenset(included), frozenset(excluded)
    chosen = []
    for item in items:
        folders = frozenset(
            key for name in item.collections for key in _with_parents(name, parents)
        )
        if (not included or folders & included) and not folders & excluded:
            chosen.append(item)
    return chosen


def _with_parents(key: str, parents: dict[str, str]) -> list[str]:
    """Return a collection and those around it; a ring of parents ends where it closes."""
    keys: list[str] = []
    while key and key not in keys:
        keys.append(key)
        key = parents.get(key, "")
    return keys
