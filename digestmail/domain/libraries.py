"""Libraries of papers that people keep at other services."""

from dataclasses import dataclass

from digestmail.domain.papers import Paper


@dataclass(frozen=True, slots=True)
class LibraryCollection:
    """A folder of a library; ``parent`` is the key of the one around it, or empty."""

    key: str
    name: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class LibraryItem:
    """A paper in a library, under the library's own ``key``, in collections named by theirs."""

    key: str
    paper: Paper
    collections: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryChanges:
    """The changes of a library since an earlier ``version``, which is opaque text.

    With ``is_whole`` the ``items`` are all there are, and ``removed`` is empty. ``problems`` has a
    line for each entry that was left out.
    """

    version: str
    items: tuple[LibraryItem, ...] = ()  # new or changed
    removed: frozenset[str] = frozenset()  # keys, perhaps of items that were never papers
    is_whole: bool = False
    problems: tuple[str, ...] = ()
