"""Functions read as one paragraph, modules have one duty: neither grows without end."""

import ast
from pathlib import Path

import digestmail

PACKAGE = Path(digestmail.__file__).parent
LONGEST_FUNCTION = 50  # lines
LONGEST_MODULE = 400


def long_functions(path: Path) -> list[str]:
    """Return the functions of a module that are too long, each with its length."""
    return [
        f"{path.name}:{node.lineno} {node.name} has {length} lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]


def test_no_function_is_too_long() -> None:
    assert [line for path in sorted(PACKAGE.rglob("*.py")) for line in long_functions(path)] == []


def test_no_module_is_too_long() -> None:
    lengths = {
        path.relative_to(PACKAGE): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_a_long_function_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("def long():\n" + "    x = 1\n" * LONGEST_FUNCTION)
    assert long_functions(path) == ["long.py:1 long has 51 lines"]
