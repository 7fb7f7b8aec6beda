"""What people type: good values come through, all else is told in one line."""

from time import process_time
from typing import Any

import pytest

from digestmail.domain import EVERY_DAY, FIELDS, MAX_WAIT_HOURS, Profile, Schedule
from digestmail.errors import FormError, InputError
from digestmail.steps.subscribers import field_parsers, validation

NASTY = [
    "a\r\nBcc: eve@example.net",
    "\x00\x1b[31m\x07",
    "‮gnp.exe",
    "<script>alert(1)</script>",
    "x" * 10_000,
    "9" * 10_000,
    '"' * 999,
    "“" * 999,
    "\ud800",
    "{{ 7*7 }}",
    "\\" * 500 + "$" * 501,
    "",
    " \t\n ",
]


def parsed(name: str, text: str) -> Any:
    """A field's value of a text."""
    return field_parsers.parse_field(FIELDS[name], text)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("name", FIELDS)
def test_nothing_nasty_comes_through_or_crashes(name: str, text: str) -> None:
    try:
        value = parsed(name, text)
    except InputError as error:
        value = str(error)
        assert len(value) < 300
    for one in value if isinstance(value, tuple) else (value,):
        assert str(one).isprintable()


@pytest.mark.parametrize("text", ["“" * 200_000, '"a\n' * 60_000, "a," * 100_000, '"' * 200_001])
def test_a_long_list_takes_no_time(text: str) -> None:
    start = process_time()
    field_parsers.split_list(text)
    assert process_time() - start < 2


# --- lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("graph, neural network;LLM\nC++", ("graph", "neural network", "LLM", "C++")),
        ('"graph, directed", tree', ('"graph, directed"', "tree")),
        ("“graph, directed”; tree", ("“graph, directed”", "tree")),
        ("a,,;\n\n ,a", ("a",)),
        ('a "b" c', ('a "b" c',)),
        ('a AND "b, c", d', ('a AND "b, c"', "d")),
        ('5" pipe', ("5", "pipe")),
        ("  two\t words ", ("two words",)),
        ("", ()),
    ],
)
def test_lists(text: str, entries: tuple[str, ...]) -> None:
    assert field_parsers.split_list(text) == entries


def test_a_keyword_has_its_limits() -> None:
    assert parsed("keywords", "k" * 80) == ("k" * 80,)
    with pytest.raises(
        InputError, match=r"“k{30}…” is too long .*10000 characters, the limit is 80"
    ):
        parsed("keywords", "k" * 10_000)


@pytest.mark.parametrize("text", ["the", "The", "graph, of", '"of the"', "and", "in which", "“a”"])
@pytest.mark.parametrize("field", ["keywords", "excluded_keywords", "required_keywords"])
def test_a_keyword_does_not_stand_everywhere(text: str, field: str) -> None:
    with pytest.raises(InputError, match="appears in nearly every paper") as caught:
        parsed(field, text)
    assert caught.value.field == field


@pytest.mark.parametrize("text", ["IT", "R", "A* search", "theory of mind", "GAN", "what is life"])
def test_short_and_common_words_may_be_part_of_a_keyword(text: str) -> None:
    assert parsed("keywords", text) == (text,)


@pytest.mark.parametrize("text", ["!!!", '""', "graph, ???", "—"])
def test_a_keyword_has_something_to_look_for(text: str) -> None:
    with pytest.raises(InputError, match="no letters or digits"):
        parsed("keywords", text)


@pytest.mark.parametrize(
    ("name", "one", "most"),
    [
        ("keywords", "k{}", 60),
        ("authors", "Ada L{};", 60),
        ("categories", "cs.{}", 40),
        ("seed_papers", "2611.{:05d}", 500),
    ],
)
def test_lists_have_an_end(name: str, one: str, most: int) -> None:
    letters = [chr(97 + n % 26) + chr(97 + n // 26) for n in range(most + 1)]
    entries = [one.format(n if "05d" in one or "k" in one else letters[n]) for n in range(most + 1)]
    assert len(parsed(name, "\n".join(entries[:most]))) == most
    with pytest.raises(InputError, match=rf"{most + 1} entries are too many; the limit is {most}"):
        parsed(name, "\n".join(entries))


def test_excluded_ones_are_named_as_such() -> None:
    with pytest.raises(InputError) as caught:
        parsed("excluded_keywords", "?")
    assert caught.value.field == "excluded_keywords"


@pytest.mark.parametrize("text", ["cs.CL", "math", "math.*", "q-bio.NC", "cond-mat.str-el"])
def test_categories(text: str) -> None:
    assert parsed("categories", f" {text} ,{text}") in ((text, text), (text,))


@pytest.mark.parametrize("text", ["cs.", "*", ".CL", "cs CL!", "12", "cs.CL.AI", "c" * 41, "ç.x"])
def test_what_is_no_category(text: str) -> None:
    with pytest.raises(InputError, match="is not a category"):
        parsed("categories", text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("computer vision", "Did you mean cs.CV"),
        ("cs.CL, machine learning", "Did you mean .*cs.LG"),
        ("Number Theory", "Did you mean math.NT"),
        ("deep sea", "Write categories as cs.CL"),
        ("robots and drones", "Write categories as cs.CL"),
    ],
)
def test_the_name_of_a_subject_is_no_category(text: str, meant: str) -> None:
    with pytest.raises(InputError, match=meant):
        parsed("categories", text)


def test_several_categories_may_stand_on_one_line() -> None:
    assert parsed("categories", "cs.CL math q-bio.*") == ("cs.CL", "math", "q-bio.*")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Jane Doe\nJ. Smith", ("Jane Doe", "J. Smith")),
        ("Doe, Jane; Smith, J.", ("Doe, Jane", "Smith, J.")),
        ("José Ñuñez", ("José Ñuñez",)),
        ("", ()),
    ],
)
def test_authors(text: str, names: tuple[str, ...]) -> None:
    assert parsed("authors", text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Doe",
        "ada@example.org",
        "https://orcid.org/0000",
        "x" * 90 + " y",
        "Jane Doe, John Smith, Ada L",
        "-",
    ],
)
def test_what_is_no_author(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parsed("authors", text)
    assert caught.value.field == "authors"


def test_seed_papers_become_keys() -> None:
    text = "2508.13426v2, https://arxiv.org/abs/2508.13426; 10.1000/XYZ\nsample:x-01"
    assert parsed("seed_papers", text) == ("arxiv:2508.13426", "doi:10.1000/xyz", "sample:x-01")
    with pytest.raises(InputError) as caught:
        parsed("seed_papers", "nonsense")
    assert caught.value.field == "seed_papers"


def test_texts_have_their_limits() -> None:
    assert parsed("interests", "a \n b") == "a b"
    assert len(parsed("interests", "x" * 5_000)) == 5_000
    assert parsed("name", "  My\npapers ") == "My papers"
    for name, text in (("interests", "x" * 5_001), ("name", "x" * 61)):
        with pytest.raises(InputError):
            parsed(name, text)


# --- numbers ---------------------------------------------------------------------------------


def test_numbers() -> None:
    assert (parsed("hour", " 0 "), parsed("hour", "23"), parsed("hour", "07")) == (0, 23, 7)
    assert (parsed("max_papers", "1"), parsed("max_papers", "50")) == (1, 50)
    assert (
        parsed("threshold", "0"),
        parsed("threshold", " 1.0 "),
        parsed("threshold", "3e-1"),
    ) == (
        0,
        1,
        0.3,
    )


@pytest.mark.parametrize(
    "text", ["24", "25", "-1", "+7", "7.0", "１２", "٧", "1e1", "0x7", "7h", "", "1_0", "1\n2"]
)
def test_what_is_no_hour(text: str) -> None:
    with pytest.raises(InputError, match=r"hour: “.*” is not a whole number from 0 to 23"):
        parsed("hour", text)


@pytest.mark.parametrize("text", ["0", "51", "999999999999", "ten"])
def test_what_is_no_number_of_papers(text: str) -> None:
    with pytest.raises(InputError, match="from 1 to 50"):
        parsed("max_papers", text)


@pytest.mark.parametrize("text", ["-0.1", "1.01", "nan", "inf", "0,5", "half", "", "5%"])
def test_what_is_no_threshold(text: str) -> None:
    with pytest.raises(InputError, match="a number from 0 to 1"):
        parsed("threshold", text)


# --- days and zones --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon,tue", {1, 2}),
        ("Monday; SUNDAY", {1, 7}),
        ("1-5", {1, 2, 3, 4, 5}),
        ("mon-fri sun", {1, 2, 3, 4, 5, 7}),
        ("fri-mon", {5, 6, 7, 1}),
        ("7-1", {7, 1}),
        ("wed-wed", {3}),
        ("sun-sat", set(EVERY_DAY)),
        (" daily ", set(EVERY_DAY)),
        ("1,1,thurs", {1, 4}),
    ],
)
def test_weekdays(text: str, days: set[int]) -> None:
    assert parsed("weekdays", text) == days


@pytest.mark.parametrize(
    "text", ["0", "8", "1-8", "money", "satisfy", "mo", "１", "-", "mon-", "mon-fri-sun", "-3"]
)
def test_what_is_no_weekday(text: str) -> None:
    with pytest.raises(InputError, match="is not a day of the week"):
        parsed("weekdays", text)


@pytest.mark.parametrize("text", ["", " , ;"])
def test_no_day_at_all(text: str) -> None:
    with pytest.raises(InputError, match="at least one day"):
        parsed("weekdays", text)


def test_time_zones() -> None:
    assert parsed("timezone", " europe/rome ") == "Europe/Rome"
    for text in ("Rome", "../../etc/passwd", "UTC+1", "\x1b[31mUTC\r\n"):
        with pytest.raises(InputError, match="is not a time zone"):
            parsed("timezone", text)


# --- days without papers ---------------------------------------------------------------------


@pytest.mark.parametrize(("text", "hours"), [("0", 0), (" 3 ", 3), ("11", MAX_WAIT_HOURS)])
def test_hours_to_wait(text: str, hours: int) -> None:
    assert parsed("wait_hours", text) == hours


@pytest.mark.parametrize("text", ["12", "-1", "1.5", "3h", "３", ""])
def test_what_are_no_hours_to_wait(text: str) -> None:
    with pytest.raises(InputError, match="whole number from 0 to 11"):
        parsed("wait_hours", text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("yes", True), (" YES ", True), ("on", True), ("True", True), ("no", False), ("false", False)],
)
def test_yes_and_no(text: str, wanted: bool) -> None:
    assert parsed("send_empty", text) is wanted
    assert parsed("send_empty", FIELDS["send_empty"].text(wanted)) is wanted


@pytest.mark.parametrize("text", ["", "maybe", "yes,no", "1", "ｙｅｓ"])
def test_what_is_neither_yes_nor_no(text: str) -> None:
    with pytest.raises(InputError, match="is not yes or no"):
        parsed("send_empty", text)


# --- forms -----------------------------------------------------------------------------------


def test_a_form_tells_all_its_problems() -> None:
    form = validation.Form()
    values = {"keywords": "?", "max_papers": "0", "authors": "Doe", "hour": "25", "weekdays": ""}
    validation.profile_of(values, form, Profile())
    validation.schedule_of(values, form, Schedule())
    with pytest.raises(FormError) as caught:
        form.finish()
    assert list(caught.value.problems) == ["keywords", "authors", "max_papers", "hour", "weekdays"]
    assert "hour: “25” is not" in str(caught.value)
    assert caught.value.field == "keywords"


def test_a_schedule_takes_the_texts_of_quiet_days() -> None:
    values = {"wait_hours": "0", "send_empty": "yes"}
    schedule = validation.schedule_of(values, validation.Form(), Schedule(hour=9))
    assert schedule == Schedule(hour=9, wait_hours=0, send_empty=True)


def test_a_form_keeps_what_is_left_out() -> None:
    before = Profile(id=3, subscriber_id=4, keywords=("a",), categories=("cs.CL",), max_papers=5)
    form = validation.Form()
    after = validation.profile_of({"keywords": "b", "categories": ""}, form, before)
    assert (after.keywords, after.categories, after.max_papers) == (("b",), (), 5)
    assert (after.id, after.subscriber_id) == (3, 4)
    wary = Schedule(hour=9, wait_hours=5, send_empty=True)
    assert validation.schedule_of({}, form, wary) == wary
    form.finish()
