"""The layer table, enforced: who may import whom inside the package."""

import ast
import sys
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import digestmail

PACKAGE = Path(digestmail.__file__).parent
LEVELS = {
    **dict.fromkeys(["errors", "domain", "i18n", "quoted_printable", "text"], 0),
    **dict.fromkeys(["addresses", "tables"], 0),
    **dict.fromkeys(["config", "tokens", "calendar", "charts", "resources"], 1),
    **dict.fromkeys(["memory", "stopping", "worker"], 1),
    **dict.fromkeys(["directories", "language_model", "libraries"], 1),
    **dict.fromkeys(["sources", "relevance", "search", "render", "mail", "store", "bounces"], 1),
    **dict.fromkeys(["steps", "evaluation"], 2),
    **dict.fromkeys(["services"], 3),
    **dict.fromkeys(["app", "author_lookup", "ingestor", "mailing"], 4),
    **dict.fromkeys(["processes"], 5),
    **dict.fromkeys(["scheduler"], 6),
    **dict.fromkeys(["cluster", "web", "cli", "demo", "doctor"], 7),
}
SIDEWAYS = {  # beside the leaves of level 0 and the parts of level 4
    ("domain", "errors"),
    ("domain", "i18n"),  # labels of fields, to be translated
    ("tables", "errors"),
    ("directories", "sources"),  # the polite client, and how records become papers
    ("libraries", "sources"),
    ("search", "relevance"),  # its terms, names and embeddings
    ("steps", "evaluation"),  # the calibration of the backtest
    ("app", "author_lookup"),
    ("app", "ingestor"),
    ("app", "mailing"),
    ("doctor", "web"),
    ("cli", "doctor"),
    ("cli", "cluster"),
    ("cli", "web"),
    ("cli", "demo"),
    ("demo", "web"),
}
WALLED = ("render.compiled",)  # entered through its ``__init__`` alone
ROOT = {"__init__", "__main__"}  # the package itself, for its version, and ``python -m``


@lru_cache(1)
def modules(package: Path) -> dict[str, ast.Module]:
    """Dotted names below the package, with their syntax trees."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        name = ".".join(path.relative_to(package).with_suffix("").parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(name: str, tree: ast.Module) -> set[str]:
    """What a module imports anywhere, also inside functions and for types only.

    ``from a.b import c`` counts as ``a.b.c``, be it a module or a name in one.
    """
    here = f"digestmail.{name}".split(".")
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*here[: -node.level], *filter(None, [node.module])])
            base = base if node.level else str(node.module)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def parts(names: set[str]) -> set[str]:
    """The parts of digestmail among imported names."""
    split = (name.split(".") for name in names)
    return {p[1] for p in split if p[0] == "digestmail" and len(p) > 1 and p[1] in LEVELS}


def violations(package: Path) -> list[str]:
    """Every import that goes up or aside."""
    found = []
    for name, tree in modules(package).items():
        mine = name.split(".")[0]
        if mine in ROOT:
            continue
        for other in sorted(parts(imported(name, tree)) - {mine}):
            if LEVELS[other] >= LEVELS[mine] and (mine, other) not in SIDEWAYS:
                found.append(f"{name} -> {other}")
    return found


def intrusions(package: Path, room: str) -> list[str]:
    """Return every import of a module inside a walled room from outside of it."""
    names = modules(package)
    inside = {f"digestmail.{name}" for name in names if name.startswith(f"{room}.")}
    return [
        f"{name} -> {target}"
        for name, tree in names.items()
        if not name.startswith(f"{room}.")
        for target in sorted(imported(name, tree))
        if target in inside or target.rpartition(".")[0] in inside
    ]


def edges(package: Path) -> dict[str, set[str]]:
    """Which modules each module imports; a package stands under its own name."""
    trees = {name.removesuffix(".__init__"): (name, t) for name, t in modules(package).items()}

    def module_of(what: str) -> str:
        short = what.removeprefix("digestmail.")
        return short if short in trees else short.rpartition(".")[0]

    return {
        short: {module_of(what) for what in imported(name, tree)} & trees.keys() - {short}
        for short, (name, tree) in trees.items()
    }


def sample(folder: Path, **sources: str) -> Path:
    """A package of some modules, ``a__b`` standing for a/b.py."""
    for name, source in sources.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return folder


def test_every_part_has_its_level() -> None:
    there = {name.split(".")[0] for name in modules(PACKAGE)} - ROOT
    assert there == LEVELS.keys()


def test_imports_go_downwards_only() -> None:
    assert violations(PACKAGE) == []


def test_there_is_no_import_cycle() -> None:
    assert list(TopologicalSorter(edges(PACKAGE)).static_order())


@pytest.mark.parametrize("room", WALLED)
def test_a_walled_room_has_one_entry(room: str) -> None:
    assert intrusions(PACKAGE, room) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from digestmail.render.compiled import Shell", 0),
        ("from digestmail.render.compiled.shell import Shell", 1),
        ("import digestmail.render.compiled.shell", 1),
    ],
)
def test_an_intrusion_is_found(tmp_path: Path, source: str, found: int) -> None:
    entry = "from digestmail.render.compiled.shell import Shell"
    sample(tmp_path, render__compiled____init__=entry, render__compiled__shell="class Shell: ...")
    sample(tmp_path, render__renderer=source)
    assert len(intrusions(tmp_path, "render.compiled")) == found


@pytest.mark.parametrize("part", ["errors", "domain"])
def test_the_leaves_need_the_standard_library_only(part: str) -> None:
    roots = {
        what.split(".")[0]
        for name, tree in modules(PACKAGE).items()
        if name.split(".")[0] == part
        for what in imported(name, tree)
    }
    assert roots <= sys.stdlib_module_names | {"digestmail"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("tokens", "from digestmail.config import load"),
        ("tokens", "import digestmail.store.papers"),
        ("tokens", "from digestmail import store"),
        ("relevance__rules", "from ..store import Store"),
        ("relevance__rules", "def late():\n    from digestmail.mail import smtp"),
        (
            "domain__papers",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import digestmail.text",
        ),
        ("steps__ingest", "from digestmail.app import App"),
        ("web__pages", "from digestmail.demo import day"),
        ("demo__day", "from digestmail.doctor import run"),
        ("app", "from digestmail.doctor import examine"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, module: str, source: str) -> None:
    assert len(violations(sample(tmp_path, **{module: source}))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("cli__main", "from digestmail import __version__\nfrom digestmail.web import server"),
        ("demo__day", "from digestmail.web.server import serve"),
        ("steps__ingest", "from digestmail.store import Store\nfrom digestmail.steps import x"),
        ("relevance__scorer", "from .rules import Rules\nfrom digestmail.text import words"),
    ],
)
def test_an_allowed_import_is_let_through(tmp_path: Path, module: str, source: str) -> None:
    assert violations(sample(tmp_path, **{module: source})) == []


def test_a_cycle_is_found(tmp_path: Path) -> None:
    sample(
        tmp_path, store__a="from digestmail.store import b", store__b="import digestmail.store.a"
    )
    with pytest.raises(CycleError):
        list(TopologicalSorter(edges(tmp_path)).static_order())
