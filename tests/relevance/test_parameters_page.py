"""The page about the model has every parameter with its value."""

from dataclasses import fields
from pathlib import Path

import pytest

from digestmail.relevance.parameters import PARAMETERS

PAGE = (Path(__file__).parents[2] / "docs" / "relevance.md").read_text(encoding="utf-8")
NUMBERS = [
    (field.name, value)
    for field in fields(PARAMETERS)
    if isinstance(value := getattr(PARAMETERS, field.name), int | float)
]


@pytest.mark.parametrize(("name", "value"), NUMBERS)
def test_the_page_has_the_value(name: str, value: float) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    assert float(row.split("|")[2]) == value
