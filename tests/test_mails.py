"""The table of mail kinds is complete: each kind has its row, its templates and its sample."""

import pytest

from digestmail.domain import LETTERS, MAILS, DeliveryKind, template_names
from digestmail.render import Renderer
from digestmail.render.samples import sample_letters
from digestmail.resources import TEMPLATES

ONE_PAGE = (*LETTERS, DeliveryKind.TRIAL)


def test_each_kind_has_its_row() -> None:
    assert MAILS.keys() == set(DeliveryKind)


@pytest.mark.parametrize("kind", DeliveryKind)
def test_each_kind_has_its_templates_and_no_more(kind: DeliveryKind) -> None:
    files = (TEMPLATES / "email" / kind).iterdir()
    assert sorted(f"email/{kind}/{file.name}" for file in files) == sorted(template_names(kind))


def test_each_folder_of_templates_is_of_a_kind() -> None:
    folders = {path.name for path in (TEMPLATES / "email").iterdir()}
    assert folders - {"_base"} == set(DeliveryKind)


def test_each_letter_has_a_sample_of_all_its_values() -> None:
    sampled = {(kind, *sorted(values)) for kind, values in sample_letters()}
    for kind in ONE_PAGE:
        required, optional = MAILS[kind].values, MAILS[kind].optional
        assert {(kind, *sorted(required)), (kind, *sorted(required + optional))} <= sampled


@pytest.mark.parametrize("kind", ONE_PAGE)
def test_a_letter_is_refused_the_values_of_another(kind: DeliveryKind) -> None:
    renderer = Renderer(TEMPLATES)
    with pytest.raises(ValueError, match="takes home, url"):
        renderer.letter(kind, url="https://digest.example/")
    with pytest.raises(ValueError, match="takes home, url"):
        renderer.letter(kind, url="a", home="b", reader="c")
