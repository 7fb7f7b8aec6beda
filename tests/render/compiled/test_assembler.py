"""Digests assembled from known parts are the digests that the templates render."""

import quopri
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digestmail.domain import Digest, DigestItem, Paper, Reason, ReasonKind, Subscriber
from digestmail.errors import ConfigError
from digestmail.render import (
    HTML_BUDGET,
    DigestLinks,
    PaperLinks,
    Quoted,
    Rendered,
    Renderer,
)
from digestmail.render.compiled.compiled_template import SharedEncodings, compile_template
from digestmail.render.compiled.placeholders import Placeholders, deferrable
from digestmail.render.encoding import quoted
from digestmail.render.paper_view import Marker
from digestmail.text import expression, spans

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
RENDERER = Renderer(TEMPLATES)
HOME = "https://digest.example.org/?a=1&b=2"
ADA = Subscriber(id=7, email="ada@example.net", confirmed_at=datetime(2026, 10, 3, tzinfo=UTC))
PAPER = Paper(
    key="arxiv:2611.00001",
    title="Folding <b>proteins</b> & “other” things in $O(n^2)$ time",
    abstract=".dots begin this. Folding proteins takes\u00a0time - the longer, the 'better'. " * 6,
    authors=("Ana Rossi", 'Bo "Bob" Chen', "Chidi Okafor", "J. Doe", "Eve Hill"),
    categories=("q-bio.BM", "cs.LG"),
    url='https://example.org/?q="a<b>"&c',
    published_at=datetime(2026, 11, 19, 23, tzinfo=UTC),
)
WHY = (
    Reason(ReasonKind.KEYWORD, ("proteins", "protein folding")),
    Reason(ReasonKind.AUTHOR, ("Jane Doe",)),
    Reason(ReasonKind.SIMILAR, ('A <long> "title" of another paper & more of it',)),
)


def links(name: str = "t") -> DigestLinks:
    return DigestLinks(
        home=HOME,
        view=f"{HOME}/d/{name}",
        preferences=f"{HOME}/p/{name}",
        pause=f"{HOME}/p/{name}#pause",
        unsubscribe=f"{HOME}/u/{name}",
        help=f"{HOME}/help",
        more=PaperLinks(f"{HOME}/f/{name}/", "/more"),
        less=PaperLinks(f"{HOME}/f/{name}/", "/less"),
        save=PaperLinks(f"{HOME}/s/{name}/"),
        options=PaperLinks(f"{HOME}/o/{name}/"),
        saved=f"{HOME}/p/{name}/saved",
        archive=f"{HOME}/p/{name}/digests",
    )


def item(at: int = 1, paper: Paper = PAPER, *reasons: Reason, profile: str = "") -> DigestItem:
    return DigestItem(
        position=at, paper=paper, profile_id=1, profile_name=profile, score=0.9, reasons=reasons
    )


def digest(*items: DigestItem, note: str = "", judged: int = 412) -> Digest:
    when = datetime(2026, 11, 20, 6, tzinfo=UTC)
    return Digest(
        subscriber_id=7,
        date=date(2026, 11, 20),
        due_at=when,
        prepared_at=when,
        judged=judged,
        note=note,
        items=items,
    )


def decoded(mail: Quoted) -> Rendered:
    """The mail as its reader's program decodes it."""
    text, html = (quopri.decodestring(part).decode() for part in (mail.text, mail.html))
    assert html.endswith("</html>\r\n")
    return Rendered(mail.subject, text.replace("\r\n", "\n"), html[:-2].replace("\r\n", "\n"))


def same(one: Digest, renderer: Renderer = RENDERER, reader: Subscriber = ADA) -> bool:
    """Whether a reader gets what is rendered, but for style rules that style nothing."""
    fast = decoded(renderer.quoted_digest(one, reader.recipient, links()))
    whole = renderer.digest(one, reader.recipient, links())
    whole = replace(whole, html=whole.html.rstrip("\n"))
    return bare(fast) == bare(whole)


def bare(mail: Rendered) -> Rendered:
    return replace(mail, html=re.sub(r"<style>.*?</style>", "", mail.html, flags=re.DOTALL))


@pytest.fixture(autouse=True)
def still_splits() -> Iterator[None]:
    """No test may have made the built-in templates give up."""
    yield
    assert RENDERER.compiles


# --- the same mail -----------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 2, 12, 20])
def test_an_assembled_digest_is_the_one_that_is_rendered(number: int) -> None:
    whole = digest(*(item(at, PAPER, *WHY) for at in range(1, number + 1)))
    assert same(whole)


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"abstract": ""},
        {"authors": ()},
        {"categories": ()},
        {"published_at": None},
        {"url": ""},
        {"title": r"$x_{ij}^{a<b}$ & $10^{-3/2}$", "abstract": r"A $p_{folding}$ of $K_{\rm in}$."},
        {"title": "=?x?= {{ 7 }} </title><script>", "abstract": "ä<&\"'>\u202e\x92€ " * 90},
    ],
)
def test_papers_that_lack_something_too(change: dict[str, object]) -> None:
    odd = replace(PAPER, **change)  # type: ignore[arg-type]
    assert same(digest(item(1, odd, *WHY), item(2, PAPER), item(3, odd)))


def test_readers_differ_in_marks_reasons_profiles_and_links() -> None:
    for word in ("folding", "time", "nothing here", "dots begin"):
        reason = Reason(ReasonKind.TERMS, (word, "proteins"))
        assert same(digest(item(1, PAPER, reason, profile=word), item(2, PAPER, profile="b <c>")))


def test_digests_differ_in_what_is_around_the_papers() -> None:
    stranger = Subscriber(id=8, email="o'brien@example.net")
    assert same(digest(item(), note='late "today" & <soon>'))
    assert same(digest(item(profile="One & only"), judged=1))
    assert same(digest(item(), item(2)), reader=stranger)


def test_the_budget_holds_for_assembled_digests() -> None:
    wordy = replace(PAPER, abstract="Ein größeres <Zeichen> — ‘sehr’ lang. " * 60)
    mail = RENDERER.quoted_digest(
        digest(*(item(at, wordy, *WHY) for at in range(1, 91))), ADA.recipient, links()
    )
    assert HTML_BUDGET * 0.95 < len(mail.html) <= HTML_BUDGET
    assert "more papers on the web" in decoded(mail).text


def test_thirty_papers_are_all_shown() -> None:
    mail = RENDERER.quoted_digest(
        digest(*(item(at, PAPER, *WHY) for at in range(1, 31))), ADA.recipient, links()
    )
    assert len(mail.html) <= HTML_BUDGET
    assert decoded(mail).html.count("<h2") == 30


@settings(max_examples=40)
@given(st.text(max_size=300), st.text(max_size=40))
def test_any_text_is_read_as_it_is_rendered(text: str, word: str) -> None:
    paper = replace(PAPER, title=text, abstract=text, authors=(text,), categories=(text,))
    reasons = (Reason(ReasonKind.KEYWORD, (word, text[:20])), Reason(ReasonKind.SIMILAR, (text,)))
    assert same(digest(item(1, paper, *reasons, profile=text), note=text))


# --- the wire form -----------------------------------------------------------------------------


def test_the_parts_are_quoted_printable_lines() -> None:
    mail = RENDERER.quoted_digest(
        digest(item(1, PAPER, *WHY), item(2)), ADA.recipient, links("t" * 90)
    )
    for part in (mail.text, mail.html):
        assert part.isascii()
        assert part.count(b"\r") == part.count(b"\n") == part.count(b"\r\n")
        assert max(map(len, part.split(b"\r\n"))) <= 76
        assert not re.search(rb"[ \t]\r\n", part)


@given(st.lists(st.text(st.characters(exclude_characters="\r", codec="utf-8"), max_size=90)))
def test_pieces_can_be_put_one_after_another(pieces: list[str]) -> None:
    joined = b"".join(map(quoted, pieces))
    assert quopri.decodestring(joined).decode() == "".join(pieces).replace("\n", "\r\n")
    assert max(map(len, joined.split(b"\r\n"))) <= 76


# --- templates that cannot be split --------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return copytree(TEMPLATES, tmp_path / "templates")


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("paper.html", "{{ paper.why }}", "{{ paper.why | upper }}"),
        ("paper.html", "{{ paper.why }}", "{{ paper.why | length }}"),
        ("paper.html", "{{ paper.why }}", "{{ address }}"),
        ("paper.html", "{{ paper.place }}", "{{ paper.place + 1 }}"),
        ("paper.html", "{{ paper.place }}", "{{ 'odd' if paper.place % 2 else 'even' }}"),
        ("paper.txt", "{{ paper.number }}", '{{ "%2d" | format(paper.place) }}'),
        ("body.html", "{{ preheader }}", "{{ papers[0].title }}"),
        (
            "body.html",
            "{% endfor %}\n{% endif %}\n{% if left",
            "{{ paper.why }}{% endfor %}\n{% endif %}\n{% if left",
        ),
        ("body.html", '{% include "email/digest/paper.html" +%}', "<tr><td>{{ paper.why }}"),
        ("body.txt", "{{ links.help }}", "{{ papers[0].why }}"),
    ],
)
def test_an_operators_template_may_do_anything(
    own: Path, part: str, old: str, new: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = own / "email" / "digest" / part
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    renderer = Renderer(own)
    assert same(digest(item(1, PAPER, *WHY), item(2, PAPER, *WHY)), renderer)
    assert not renderer.compiles
    assert "falling back to slow rendering" in caplog.text


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("paper.txt", "{{ paper.why | wrap(4", '{{ ("!" ~ paper.why) | wrap(4'),
        ("body.html", "{{ long_day }}", "{{ long_day | upper }}"),
        ("body.txt", "{{ links.help }}", "{{ ('Help: ' ~ links.help) | wrap(2) }}"),
        ("subject.txt", "{{ lead }}", "{{ lead ~ day }}, {{ address }}: "),
        ("preheader.txt", "papers[1].title", "papers[1].title ~ papers[0].title"),
    ],
)
def test_filters_of_texts_with_values_in_them_are_split(
    own: Path, part: str, old: str, new: str
) -> None:
    path = own / "email" / "digest" / part
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    renderer = Renderer(own)
    assert same(digest(item(1, PAPER, *WHY), item(2, PAPER, *WHY)), renderer)
    assert renderer.compiles


def test_an_operators_own_words_and_styles_are_split_too(own: Path) -> None:
    path = own / "email" / "digest" / "paper.html"
    path.write_text(
        path.read_text().replace(
            "{% if paper.authors %}\n<p>", '{% if paper.authors %}\n<p title="{{ paper.why }}"><b>'
        )
    )
    style = own / "email" / "_base" / "style.html"
    style.write_text(style.read_text().replace("<style>", "<style>.sheet .pad b{color:red}", 1))
    renderer = Renderer(own)
    assert same(digest(item(1, PAPER, *WHY), item(2, PAPER, *WHY)), renderer)
    assert renderer.compiles


def test_a_broken_template_is_told_as_ever(own: Path) -> None:
    (own / "email" / "digest" / "paper.txt").write_text("{{ nothing }}")
    with pytest.raises(ConfigError, match=r"paper\.txt, line 1: 'nothing' is undefined"):
        Renderer(own).quoted_digest(digest(item()), ADA.recipient, links())


def test_one_mail_that_fails_is_no_reason_to_give_up() -> None:
    nothing: Reason = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        RENDERER.quoted_digest(digest(item(1, PAPER, nothing)), ADA.recipient, links())


# --- parts -------------------------------------------------------------------------------------


def test_a_placeholder_is_filled_after_its_filters() -> None:
    placeholders = Placeholders()
    form = compile_template(
        f"a {deferrable(str.upper)(placeholders.new('x'))} b {placeholders.new('y')}\n",
        placeholders,
        SharedEncodings(),
    )
    filled = form.fill({"x": "one", "y": "="}, {})
    assert quopri.decodestring(filled) == b"a ONE b =\r\n"


@given(st.text("ab -.", max_size=60), st.lists(st.text('ab "', max_size=6), max_size=4))
def test_marks_are_spans(text: str, wanted: list[str]) -> None:
    phrases = [p for one in wanted for p in expression(one).phrases]
    marker = Marker(text[:9], text)
    for _ in ("found", "remembered"):
        title, abstract = marker.spans(wanted)
        assert list(title) == spans(text[:9], phrases, families=True)
        assert list(abstract) == spans(text, phrases, families=True)
