"""The catalogues that come with digestmail are complete, and say what the original says."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from digestmail.resources import TEMPLATES

LOCALE = TEMPLATES / "locale"
LANGUAGES = ("de", "zh_Hans")
# What is written alike in both languages.
ALIKE = {
    "de": {
        "; ",
        "Abstract",
        "Code",
        "DOI",
        "Name",
        "PDF",
        "Pause:",
        "Problem: %(title)s",
        "in %(what)s",
        "Version",
        'Abstract<span class="aside">: %(title)s</span>',
        "What <mark>sparse features</mark> remember: probing a one-layer transformer",
        "%(many)s in %(category)s",
    },
    "zh_Hans": {
        "DOI",
        "PDF",
        "What <mark>sparse features</mark> remember: probing a one-layer transformer",
    },
}
_PLACE = re.compile(r"%\(\w+\)s|%%|\{\w+\}")
_TAG = re.compile(r"<[^>]*>")
_ENTITY = re.compile(r"&\w+;")
_HAN = "[\u4e00-\u9fff]"


@lru_cache
def catalogue(language: str) -> Catalog:
    file = LOCALE / language / "LC_MESSAGES" / "digestmail.po"
    with file.open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


@lru_cache
def template() -> Catalog:
    with (LOCALE / "digestmail.pot").open("rb") as source:
        return read_po(source)


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def pairs(language: str) -> Iterator[tuple[str, str]]:
    """Each translation with the original it stands for: the plural, where there is one."""
    for message in catalogue(language):
        if message.id:
            originals, translations = forms(message.id), forms(message.string)
            if len(translations) < len(originals):  # a language without plural forms
                originals = originals[-len(translations) :]
            yield from zip(originals, translations, strict=True)


def keys(messages: Catalog) -> set[tuple[str | None, tuple[str, ...]]]:
    return {(message.context, forms(message.id)) for message in messages if message.id}


def test_each_language_has_a_catalogue() -> None:
    assert {file.parent.parent.name for file in LOCALE.glob("*/LC_MESSAGES/*.po")} == {*LANGUAGES}
    assert list(LOCALE.rglob("*.mo")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_the_messages_there_are(language: str) -> None:
    assert keys(catalogue(language)) == keys(template())
    assert catalogue(language).obsolete == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_message_is_translated(language: str) -> None:
    def lacks(message: Message) -> bool:
        return bool(message.id) and (message.fuzzy or not all(forms(message.string)))

    assert [message.id for message in catalogue(language) if lacks(message)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_not_the_original(language: str) -> None:
    alike = {original for original, translation in pairs(language) if original == translation}
    assert alike - ALIKE[language] == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_are_those_of_the_original(language: str) -> None:
    def places(text: str) -> Counter[str]:
        return Counter(_PLACE.findall(text))

    wrong = [(a, b) for a, b in pairs(language) if places(a) != places(b)]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_tags_are_those_of_the_original(language: str) -> None:
    def tags(text: str) -> Counter[str]:
        return Counter([*_TAG.findall(text), *_ENTITY.findall(text)])

    assert [(a, b) for a, b in pairs(language) if tags(a) != tags(b)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotation_marks_are_typographic(language: str) -> None:
    """Some texts stand in attributes, where a straight mark would end them."""

    def marks(text: str) -> int:
        return _TAG.sub("", text).count('"')

    assert [(a, b) for a, b in pairs(language) if marks(a) != marks(b)] == []
    assert [b for _, b in pairs(language) if "'" in _TAG.sub("", b)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_ends_as_the_original_does(language: str) -> None:
    def end(text: str) -> str:
        last = _TAG.sub("", text)[-1:]
        return last.translate(str.maketrans("。：？；！，", ".:?;!,"))

    signs = set(".:?!")
    ends = [(a, b) for a, b in pairs(language) if {end(a), end(b)} & signs and end(a) != end(b)]
    assert ends == []


def test_german_quotes_in_pairs() -> None:
    texts = [text for _, text in pairs("de")]
    assert [text for text in texts if text.count("„") != text.count("“")] == []
    assert [text for text in texts if "”" in text] == []


def test_chinese_has_full_width_signs() -> None:
    texts = [_PLACE.sub("", _TAG.sub("", text)) for _, text in pairs("zh_Hans")]
    narrow = re.compile(rf"{_HAN}[,;:?!.()]|[,;:?!()]{_HAN}")
    assert [text for text in texts if narrow.search(text)] == []
    assert [text for text in texts if re.search(rf"{_HAN} {_HAN}", text)] == []
