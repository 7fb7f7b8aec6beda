"""Names say what a thing is: bindings that could name anything stay rare."""

import ast
from collections.abc import Iterator
from pathlib import Path

import digestmail

PACKAGE = Path(digestmail.__file__).parent
# Words that say what happened to a thing, or that there is one, and not what it is.
VAGUE = frozenset(
    """
    apart around ask asked bad best bring brought done every find found give given good here it keep
    kept least left less made make many met mine more most much near one ones other others own part
    parts rest right said say says shown some spoken stuff take taken tell tells them there these
    thing things those together told want wanted what who whole whom worth
    """.split()  # noqa: SIM905 - a list of them is as long as they are many
)
ALLOWED = 0.015  # of all bindings; well-known libraries have 0 to 1.2 %


def bindings(tree: ast.Module) -> Iterator[str]:
    """Yield the name of each variable, argument, function and class that is bound."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def vague(names: list[str]) -> list[str]:
    """Return the names that are a vague word, underscores aside."""
    return [name for name in names if name.strip("_").lower() in VAGUE]


def test_vague_names_are_rare() -> None:
    names = [
        name
        for path in sorted(PACKAGE.rglob("*.py"))
        for name in bindings(ast.parse(path.read_text(encoding="utf-8")))
        if name not in ("self", "cls", "_")
    ]
    share = len(vague(names)) / len(names)
    assert share < ALLOWED, f"{share:.1%} of the names are vague: {sorted(set(vague(names)))}"


def test_every_kind_of_binding_counts() -> None:
    source = "def found(told, *, given=1):\n    mine = [rest for rest in told]\nclass Other: ..."
    assert sorted(vague(list(bindings(ast.parse(source))))) == sorted(
        ["found", "told", "given", "mine", "rest", "Other"]
    )
