"""The texts of the pages can be translated: all are found, and shown through a catalogue."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import httpx
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po
from served import READER_OF_ALL, corners, furnished, posted
from web_apps import Trial, Watch, open_app

from digestmail.app import App
from digestmail.domain import FIELDS, Layout, Reason, ReasonKind
from digestmail.errors import ConfigError, InputError
from digestmail.i18n import Translatable
from digestmail.render import Rendered, Renderer
from digestmail.render.locale import ENGLISH, Words, catalogues, lookup
from digestmail.render.reasons import reason_words
from digestmail.render.samples import (
    LINKS,
    sample_digests,
    sample_letters,
    sample_recipients,
)
from digestmail.render.wrapping import wrap
from digestmail.resources import TEMPLATES
from digestmail.steps.subscribers.field_parsers import parse_field
from digestmail.web.application import make_web

ROOT = Path(__file__).resolve().parents[1]
POT = ROOT / "templates" / "locale" / "digestmail.pot"
LANGUAGE = "eo"  # of the catalogue made here, which puts every message between brackets
OPEN, CLOSE = "⟦", "⟧"
BEHIND_EMAILS = {"unsubscribe", "feedback", "save", "digest", "why"}
Key = tuple[str | None, str | tuple[str, ...]]


@lru_cache
def found() -> dict[Key, None]:
    """What stands in the sources to be translated, as (context, message or its two forms)."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    folders = ("digestmail", "templates")
    rows = extract_from_dir(ROOT, methods, options, directory_filter=lambda f: _is_ours(f, folders))
    return {(row[4], row[2]): None for row in rows}


def _is_ours(folder: str | os.PathLike[str], folders: tuple[str, ...]) -> bool:
    parts = Path(os.path.abspath(folder)).relative_to(ROOT).parts  # a linked folder is not ours
    return parts[0] in folders and not parts[-1].startswith((".", "__"))


def bracketed(folder: Path) -> Path:
    """A folder of templates with a catalogue that puts every message between brackets."""
    ignored = shutil.ignore_patterns("locale")
    templates = shutil.copytree(TEMPLATES, folder / "templates", ignore=ignored)
    catalogue = Catalog(locale=LANGUAGE)
    for context, message in found():
        forms = (message,) if isinstance(message, str) else message
        said = tuple(f"{OPEN}{form}{CLOSE}" for form in forms)
        catalogue.add(message, said if len(said) > 1 else said[0], context=context)
    target = templates / "locale" / LANGUAGE / "LC_MESSAGES" / "digestmail.po"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_po(file, catalogue)
    return templates


@asynccontextmanager
async def visited(folder: Path, *, language: str = LANGUAGE) -> AsyncIterator[Trial]:
    """The pages in English and between brackets, visited by who reads ``language``."""
    bracketed(folder)
    clock = Watch()
    first = open_app(folder, clock)
    app = App(first.settings.model_copy(update={"templates": "templates"}), clock)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(make_web(app), client=("203.0.113.5", 40000)),
        base_url="http://digest.test",
        headers={"Accept-Language": language},
    )
    try:
        async with client:
            yield Trial(app, client, clock)
    finally:
        app.close()
        first.close()


# --- what is found ---------------------------------------------------------------------------


def test_the_template_of_catalogues_is_up_to_date() -> None:
    with POT.open("rb") as file:
        kept = {_key(message) for message in read_po(file) if message.id}
    assert kept == found().keys(), "run pybabel extract as docs/translating.md says"


def _key(message: Message) -> Key:
    plural = isinstance(message.id, list | tuple)
    return message.context, tuple(message.id) if plural else str(message.id)


def test_reasons_are_the_mails_own_in_english() -> None:
    for kind in ReasonKind:
        reason = Reason(kind, ("a", "b", "c"))
        assert reason_words(reason, ENGLISH) == reason.words


# --- what is shown ---------------------------------------------------------------------------


class Visible(HTMLParser):
    """Collects the words of a page that are neither code nor between brackets."""

    _SAID = re.compile(r"aria-label|placeholder|alt|data-(see|failed|rests|busy|unsafe|status)")
    _SILENT = ("code", "pre", "script", "style", "textarea", "datalist")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.unmarked: list[str] = []
        self._open: list[str] = []
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in self._SILENT:
            self._open.append(tag)
        described = given.get("name") == "description"
        for name, value in given.items():
            if self._SAID.fullmatch(name) or (described and name == "content"):
                self._look(value or "", 0)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open:
            self._depth = self._look(data, self._depth)

    def _look(self, text: str, depth: int) -> int:
        outside = ""
        for letter in text:
            depth += (letter == OPEN) - (letter == CLOSE)
            outside += " " if depth or letter == CLOSE else letter
        self.unmarked += re.findall(r"[^\W\d_²]+", outside)
        return depth


# What papers, readers, the operator and formats are called, and what was searched for.
DATA = """
Paper Post librarian example org x Lise Meitner Otto Hahn cs CL LG q bio BM doi arxiv arXiv DOI PDF
BibTeX RIS CSV JSON Feed Atom Europe Rome UTC English very long Other My papers b new ada nowhere
Sparse autoencoders b of b proteins E ij We train a sparse autoencoder on proteins
http digest test protein design with language models nothing of this autoencoder zeppelin
"""


# What the samples of emails are about, beside it.
EMAIL_DATA = """
Permafrost Chromatography Ribosomes Ergodicity Frozen ground begins to thaw Mixing systems Ice Cells
Ana Lima Bo Stone Chen Wu Dora Millner Emil Hahn physics geo ph ao ribosome digest reader example
A source was late No announcements today GitHub Pause Moraines https confirm never home
"""


@lru_cache
def cldr_words() -> set[str]:
    """The words of days, months and lists, which come from CLDR and not out of the catalogue."""
    words = Words(LANGUAGE)
    days = [date(2026, month, day) for month in range(1, 13) for day in range(1, 8)]
    texts = [way(day) for day in days for way in (words.long_day, words.listed_day, words.month)]
    texts += [*words.weekdays, *words.short_weekdays, words.listed("ab"), words.own_name]
    return set(re.findall(r"[^\W\d_]+", " ".join(texts)))


def words_left(page: str) -> list[str]:
    """The words of a page that are no data and did not come out of the catalogue."""
    known = {*DATA.split(), *cldr_words()}
    odd = re.compile(r"(.)\1{30,}|(Pneumono)+|(Donau\w+)|n\d+")  # the long words of the data
    return [w for w in Visible(page).unmarked if w not in known and not odd.fullmatch(w)]


def speak(web: Trial) -> None:
    """Make everyone a reader of the language."""
    for subscriber in web.app.store.subscribers.all():
        web.app.store.subscribers.set_language(subscriber.stored_id, LANGUAGE)


async def test_no_page_has_a_text_that_cannot_be_translated(tmp_path: Path) -> None:
    async with visited(tmp_path) as web:
        paths = [*furnished(web.app), *corners(web.app)]
        speak(web)
        pages = [(path, (await web.get(path)).text) for path in paths]
    assert all(OPEN in page for _, page in pages)
    assert [(path, words) for path, page in pages if (words := words_left(page))] == []


async def test_no_answer_to_a_form_has_a_text_that_cannot_be_translated(tmp_path: Path) -> None:
    async with visited(tmp_path) as web:
        furnished(web.app)
        forms = posted(web.app)
        speak(web)
        pages = [(path, (await web.press(path, data)).text) for path, data in forms]
    assert all(OPEN in page for _, page in pages)
    assert [(path, words) for path, page in pages if (words := words_left(page))] == []


def emails(templates: Path, language: str) -> Iterator[tuple[str, Rendered]]:
    """Every email from samples in a language: all kinds, digests in every layout."""
    renderer = Renderer(templates, service="Paper Post")
    for reader, layout in product(sample_recipients(), Layout):
        spoken_to = reader._replace(language=language, layout=layout)
        for number, digest in enumerate(sample_digests()):
            yield f"digest {number}", renderer.digest(digest, spoken_to, LINKS)
    for kind, values in sample_letters():
        yield kind, renderer.letter(kind, language, **values)


def test_no_email_has_a_text_that_cannot_be_translated(tmp_path: Path) -> None:
    known = {*DATA.split(), *EMAIL_DATA.split(), *cldr_words()}
    left = []
    for name, email in emails(bracketed(tmp_path), LANGUAGE):
        text = re.sub(r"https?://\S+|\S+@\S+", "", f"{email.subject}\n{email.text}").lower()
        words = Visible(email.html).unmarked + Visible(f"<p>{escape(text)}</p>").unmarked
        left += [(name, word) for word in words if word.lower() not in {w.lower() for w in known}]
    assert {*left} == set()


@pytest.mark.parametrize("language", ["de", "zh-Hans"])
def test_emails_are_in_their_readers_language(language: str) -> None:
    """No line of an email stands in English too, but for papers and names."""
    known = {word.lower() for word in (*DATA.split(), *EMAIL_DATA.split())}
    same = set()
    for (name, email), (_, english) in zip(
        emails(TEMPLATES, language), emails(TEMPLATES, "en"), strict=True
    ):
        assert f'<html lang="{language}" dir="ltr"' in email.html
        for line in {*email.text.splitlines()} & {*english.text.splitlines()}:
            line = re.sub(r"https?://\S+|\S+@\S+", "", line)
            words = {word.lower() for word in re.findall(r"[^\W\d_]+", line)}
            if not words <= known:
                same.add((name, line))
    assert same == set()


def test_words_outside_the_brackets_are_found() -> None:
    page = f"<p>{OPEN}By <b>you</b>{CLOSE} Paper <i>Undo</i></p><a aria-label='Close'>×</a>"
    assert words_left(page) == ["Undo", "Close"]


# --- which language --------------------------------------------------------------------------


def spoken(page: httpx.Response) -> str:
    """The language that a page says it is in, which must be the one it is in."""
    stated = re.search(r'<html lang="([^"]+)"', page.text)
    assert stated
    assert (f">{OPEN}Help{CLOSE}<" in page.text) == (stated[1] == LANGUAGE)
    return stated[1]


async def test_a_page_is_in_the_best_language_that_the_browser_asks_for(tmp_path: Path) -> None:
    wanted = {
        "eo": "eo",
        "eo-FR, en;q=0.9": "eo",
        "de, eo; q=0.5, en;q=0.3": "eo",
        "en, eo;q=0.9": "en",
        "eo;q=0, en": "en",
        "eo;q=much": "en",
        "de, *": "en",
        "": "en",
    }
    async with visited(tmp_path) as web:
        pages = {a: await web.get("/help", headers={"Accept-Language": a}) for a in wanted}
    assert {accept: spoken(page) for accept, page in pages.items()} == wanted
    assert {page.headers["Vary"] for page in pages.values()} == {"Accept-Language"}


async def test_caches_keep_the_languages_apart(tmp_path: Path) -> None:
    async with visited(tmp_path) as web:
        web.app.previews.ready()  # what is trending may change with its model
        mine = await web.get("/")
        english = await web.get("/", headers={"Accept-Language": "en"})
        again = await web.get("/", headers={"If-None-Match": mine.headers["ETag"]})
    assert mine.headers["ETag"] != english.headers["ETag"]
    assert (again.status_code, again.headers["Vary"]) == (304, "Accept-Language")


async def test_ones_own_pages_are_in_ones_own_language(tmp_path: Path) -> None:
    async with visited(tmp_path, language="en") as web:
        reader = web.joined()
        own = web.preferences(reader)
        before = await web.get(own)
        chosen = await web.post(f"{own}/language", {"language": LANGUAGE}, follow_redirects=True)
        assert [spoken(page) for page in (before, chosen)] == ["en", LANGUAGE]
        assert '<option value="en" lang="en">English</option>' in chosen.text
        assert web.again(reader).language == LANGUAGE


async def test_pages_behind_an_email_are_in_its_readers_language(tmp_path: Path) -> None:
    async with visited(tmp_path, language="en") as web:
        paths = furnished(web.app)
        speak(web)
        behind = [p for p in paths if p.split("/")[1] in BEHIND_EMAILS]
        pages = {path: await web.get(path) for path in behind}
    assert {path.split("/")[1] for path in behind} == BEHIND_EMAILS
    assert {path: spoken(page) for path, page in pages.items()} == dict.fromkeys(behind, LANGUAGE)


async def test_a_feed_gives_its_reasons_in_its_readers_language(tmp_path: Path) -> None:
    async with visited(tmp_path, language="en") as web:
        furnished(web.app)
        speak(web)
        (profile, *_) = web.app.store.subscribers.by_email(READER_OF_ALL).profiles
        feed = await web.get(web.app.links.feed(profile.stored_id, 0) + ".json")
    assert feed.status_code == 200
    assert OPEN in feed.text


async def test_a_language_that_is_not_there_cannot_be_chosen(tmp_path: Path) -> None:
    async with visited(tmp_path) as web:
        reader = web.joined()
        answer = await web.post(f"{web.preferences(reader)}/language", {"language": "tlh"})
        assert answer.status_code == 409
        assert web.again(reader).language == "en"


async def test_who_subscribes_keeps_the_language_of_the_form(tmp_path: Path) -> None:
    async with visited(tmp_path) as web:
        await web.subscribe(email="new@example.org")
        assert web.app.store.subscribers.by_email("new@example.org").language == LANGUAGE


async def test_a_request_too_large_is_refused_in_its_language(tmp_path: Path) -> None:
    async with visited(tmp_path) as web:
        refused = await web.post("/never/x", content=b"x" * 300_000)
    assert (refused.status_code, spoken(refused)) == (413, LANGUAGE)


async def test_with_english_alone_there_is_nothing_to_choose(tmp_path: Path) -> None:
    async with visited(tmp_path) as web:
        shutil.rmtree(tmp_path / "templates" / "locale")
        app = App(web.app.settings, web.clock)
        transport = httpx.ASGITransport(make_web(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://digest.test") as client:
            own = await client.get(web.preferences(web.joined()))
        app.close()
    assert "Vary" not in own.headers
    assert 'name="language"' not in own.text


# --- catalogues ------------------------------------------------------------------------------


@pytest.fixture
def brackets(tmp_path: Path) -> Path:
    """Templates with the catalogue of brackets."""
    return bracketed(tmp_path)


def test_the_languages_are_those_with_a_catalogue(brackets: Path) -> None:
    (brackets / "locale" / "de").mkdir()
    assert list(catalogues(brackets)) == ["en", LANGUAGE]
    assert list(catalogues(brackets / "web")) == ["en"]


def test_a_region_is_written_as_the_web_writes_it(brackets: Path) -> None:
    (brackets / "locale" / LANGUAGE).rename(brackets / "locale" / "pt_BR")
    assert catalogues(brackets)["pt-BR"].language == "pt-BR"


def test_a_catalogue_may_reword_the_english(brackets: Path) -> None:
    (brackets / "locale" / LANGUAGE).rename(brackets / "locale" / "en")
    assert catalogues(brackets)["en"].gettext("Undo") == f"{OPEN}Undo{CLOSE}"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('msgid "Undo"', 'msg "Undo"', "Undo|on [0-9]+"),
        ("%(service)s", "%(servant)s", "a place that the original does not have"),
        ("Language: eo", "Language: Esperanto!", "esperanto"),
    ],
)
def test_a_damaged_catalogue_is_named(
    brackets: Path, before: str, after: str, problem: str
) -> None:
    catalogue = brackets / "locale" / LANGUAGE / "LC_MESSAGES" / "digestmail.po"
    text = catalogue.read_text()
    at = text.rindex(before)
    catalogue.write_text(text[:at] + after + text[at + len(before) :])
    with pytest.raises(ConfigError, match=rf"digestmail\.po.*({problem})"):
        catalogues(brackets)


def test_a_folder_that_names_no_language_is_refused(brackets: Path) -> None:
    (brackets / "locale" / LANGUAGE).rename(brackets / "locale" / "xyzzy")
    assert "xyzzy" in catalogues(brackets)


def test_chinese_lists_and_sentences_have_their_signs() -> None:
    chinese = Words("zh-Hans")
    assert chinese.listed(["Ana Lima", "Bo Stone", "陈伟"]) == "Ana Lima、Bo Stone、陈伟"
    assert chinese.sentences(["一。", "二。"]) == "一。二。"
    assert chinese.sentence("请选择日期") == "请选择日期。"
    assert wrap("一。 二：A", 2, label="原因： ") == "  原因：一。二：A"


def test_weeks_are_written_by_cldr() -> None:
    friday = date(2026, 12, 4)
    weeks = {tag: Words(tag).week(friday) for tag in ("en", "de", "zh-Hans")}
    assert weeks == {
        "en": "28 November – 4 December",
        "de": "28. November\u2009–\u20094. Dezember",
        "zh-Hans": "11月28日–12月4日",
    }


def test_the_catalogue_of_a_reader_is_the_one_that_serves_their_tag() -> None:
    tags = ["en", "de", "zh-Hans"]
    served = {
        "de": "de",
        "de-AT": "de",
        "DE": "de",
        "en-US": "en",
        "zh": "zh-Hans",
        "zh-CN": "zh-Hans",
        "zh-SG": "zh-Hans",
        "zh-Hans-CN": "zh-Hans",
        "zh-TW": None,
        "zh-HK": None,
        "zh-Hant": None,
        "zh-Hant-CN": None,
        "fr": None,
        "x": None,
        "": None,
    }
    assert {tag: lookup(tag, tags) for tag in served} == served


def test_what_is_wrong_with_a_value_is_said_in_any_language(brackets: Path) -> None:
    with pytest.raises(InputError) as error:
        parse_field(FIELDS["hour"], "25")
    said = catalogues(brackets)[LANGUAGE].sentence(error.value.message)
    assert ENGLISH.sentence(error.value.message) == said.strip(f"{OPEN}{CLOSE}.") + "."
    assert said == f"{OPEN}“25” is not a whole number from 0 to 23{CLOSE}."


def test_an_untranslated_problem_keeps_its_closer_english(brackets: Path) -> None:
    problem = Translatable("not in any catalogue", english="the file is empty")
    assert catalogues(brackets)[LANGUAGE].sentence(problem) == "The file is empty."
