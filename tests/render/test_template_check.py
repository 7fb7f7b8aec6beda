"""The check of an operator's own templates finds whatever would stop or empty a mail."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from digestmail.errors import ConfigError
from digestmail.render import Renderer
from digestmail.resources import TEMPLATES

MAIL_FILES = sorted(
    str(path.relative_to(TEMPLATES))
    for path in (TEMPLATES / "email").rglob("*.*")
    if path.suffix in (".txt", ".html")
)
# Each fails when it is rendered, or would show less than it should.
FAULTS = {
    "unknown name": "{{ recipient_name }}",
    "unknown name where the sample does not go": "{% if 1 > 2 %}{{ recipient_name }}{% endif %}",
    "attribute of an unknown name": "{{ reader.name }}",
    "unknown filter": "{{ service | sparkle }}",
    "unknown tag": "{% sparkle %}",
    "unclosed tag": "{{ service",
    "division by zero": "{{ 1 // 0 }}",
    "wrong types": "{{ 1 + service }}",
    "call of a text": "{{ service() }}",
    "missing include": '{% include "email/_base/absent.html" %}',
    "missing import": '{% from "email/_base/macros.html" import sparkle %}{{ sparkle() }}',
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests: what stays the same in it is compiled once."""
    return tmp_path_factory.mktemp("own") / "templates"


@pytest.fixture
def own(place: Path) -> Iterator[Path]:
    """A fresh copy of the templates."""
    yield copytree(TEMPLATES, place)
    rmtree(place)


def refusal(own: Path) -> str:
    """What the check says of the templates, in one line."""
    with pytest.raises(ConfigError) as refused:
        Renderer(own).check()
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", [f for f in MAIL_FILES if "_base" not in f])
def test_a_fault_in_any_part_of_any_mail_is_named(own: Path, name: str, fault: str) -> None:
    file = own / name
    text = file.read_text(encoding="utf-8")
    if "{% extends" in text:  # outside of its blocks nothing of it is rendered
        before, block, after = text.partition("{% endblock %}")
        file.write_text(f"{before}{FAULTS[fault]}{block}{after}", encoding="utf-8")
    else:
        file.write_text(f"{text}{FAULTS[fault]}", encoding="utf-8")
    assert name in refusal(own)


@pytest.mark.parametrize("name", [f for f in MAIL_FILES if "_base" in f])
def test_a_fault_in_what_mails_share_is_named(own: Path, name: str) -> None:
    with (own / name).open("a", encoding="utf-8") as file:
        file.write("{{ recipient_name }}")
    assert name in refusal(own)


@pytest.mark.parametrize("name", MAIL_FILES)
def test_an_absent_file_is_named(own: Path, name: str) -> None:
    (own / name).unlink()
    assert name in refusal(own)


@pytest.mark.parametrize("part", ["subject.txt", "body.txt", "body.html"])
@pytest.mark.parametrize("mail", ["digest", "confirm", "link", "trial"])
def test_an_empty_part_is_named(own: Path, mail: str, part: str) -> None:
    (own / "email" / mail / part).write_text("")
    assert f"email/{mail}/{part}" in refusal(own)


@pytest.mark.parametrize("block", ["content", "heading"])
def test_a_block_that_nothing_shows_is_named(own: Path, block: str) -> None:
    base = own / "email/_base"
    for file in base.glob("*.html"):
        text = file.read_text(encoding="utf-8").replace(f"block {block} %", "block other %")
        file.write_text(text, encoding="utf-8")
    body = own / "email/confirm/body.html"
    if block == "content":
        body = base / "letter.html"
        text = body.read_text(encoding="utf-8").replace("block other %", "block content %")
        body.write_text(text, encoding="utf-8")
    assert f"the block {block} is not in the template" in refusal(own)


def test_a_template_that_extends_itself_is_named(own: Path) -> None:
    layout = own / "email/_base/layout.html"
    layout.write_text('{% extends "email/_base/letter.html" %}', encoding="utf-8")
    assert "it extends itself" in refusal(own)


@pytest.mark.parametrize("field", ["paper.titel", "links.archive", "links.more"])
def test_a_wrong_attribute_is_named(own: Path, field: str) -> None:
    (own / "email/digest/paper.txt").write_text(f"{{{{ paper.title }}}} {{{{ {field}.x }}}}")
    assert "email/digest/paper.txt, line 1" in refusal(own)


def test_names_with_a_default_are_free(own: Path) -> None:
    with (own / "email/link/body.txt").open("a", encoding="utf-8") as file:
        file.write("{% if lab is defined %}{{ lab }}{% endif %}{{ street | default('') }}")
    Renderer(own).check()


def test_names_that_a_template_sets_are_known(own: Path) -> None:
    with (own / "email/link/body.txt").open("a", encoding="utf-8") as file:
        file.write(
            "{% set lab = 'Reading Room' %}{{ lab }}{% for each in [1] %}{{ each }}{% endfor %}"
        )
    Renderer(own).check()


def test_a_digest_without_its_papers_is_named(own: Path) -> None:
    (own / "email/digest/paper.html").write_text("<tr><td>{{ paper.number }}</td></tr>")
    assert "email/digest/body.html: the email lacks “" in refusal(own)
