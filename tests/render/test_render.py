import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from email import policy
from email.message import EmailMessage
from gettext import NullTranslations
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digestmail.domain import (
    LETTERS,
    USUAL_NAME,
    DeliveryKind,
    Digest,
    DigestItem,
    Paper,
    Profile,
    Reason,
    ReasonKind,
    Schedule,
    Subscriber,
)
from digestmail.errors import ConfigError
from digestmail.render import (
    HTML_BUDGET,
    DigestLinks,
    PaperLinks,
    Rendered,
    Renderer,
    encoded_size,
    segments,
)
from digestmail.render.cleaning import clean, web_url
from digestmail.render.environment import counted, make_environment
from digestmail.render.locale import ENGLISH, Words
from digestmail.render.paper_view import PaperView, Place, paper_view
from digestmail.render.wrapping import wrap
from digestmail.text import phrase

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
GOLDEN = Path(__file__).with_name("test_render_golden.txt")
RENDERER = Renderer(TEMPLATES)

HOME = "https://digest.example.org"
LINKS = DigestLinks(
    home=f"{HOME}/",
    view=f"{HOME}/d/token",
    preferences=f"{HOME}/p/token",
    pause=f"{HOME}/p/token#pause",
    unsubscribe=f"{HOME}/u/token",
    help=f"{HOME}/help",
    more=PaperLinks(f"{HOME}/f/token/", "/more"),
    less=PaperLinks(f"{HOME}/f/token/", "/less"),
    save=PaperLinks(f"{HOME}/s/token/"),
    options=PaperLinks(f"{HOME}/o/token/"),
    saved=f"{HOME}/p/token/saved",
    archive=f"{HOME}/p/token/digests",
)
ADA = Subscriber(
    id=7,
    email="ada@example.net",
    profiles=(Profile(),),
    confirmed_at=datetime(2026, 10, 3, tzinfo=UTC),
)

FOLDING = Paper(
    key="arxiv:2611.00001",
    title=r"Protein folding in $\mathcal{O}(n^2)$ time",
    abstract="Folding a protein takes time. We fold proteins in less. " * 12,
    authors=("Ana Rossi", "Bo Chen", "Chidi Okafor", "Dana Fox", "J. Doe", "Eve Hill"),
    categories=("q-bio.BM", "cs.LG"),
    url="https://arxiv.org/abs/2611.00001",
    published_at=datetime(2026, 11, 19, 23, tzinfo=UTC),
)
WHY = (
    Reason(ReasonKind.KEYWORD, ("protein folding", "proteins")),
    Reason(ReasonKind.AUTHOR, ("Jane Doe",)),
)
NOTE = Paper(key="doi:10.1/x", title="Erratum", announced_on=date(2026, 11, 20))


def item(paper: Paper = FOLDING, at: int = 1, **changes: Any) -> DigestItem:
    made = DigestItem(position=at, paper=paper, profile_id=1, profile_name="Proteins", score=0.9)
    return made._replace(**changes)


def digest(*items: DigestItem, judged: int = 412) -> Digest:
    when = datetime(2026, 11, 20, 6, tzinfo=UTC)
    return Digest(
        subscriber_id=7,
        date=date(2026, 11, 20),
        due_at=when,
        prepared_at=when,
        judged=judged,
        items=items,
    )


def rendered(*items: DigestItem, note: str = "") -> Rendered:
    return RENDERER.digest(replace(digest(*items), note=note), ADA.recipient, LINKS)


def viewed(shown: DigestItem, room: int) -> PaperView:
    urls = dict.fromkeys(("more_url", "less_url", "save_url", "options_url"), "")
    return paper_view(shown, Place(1), ENGLISH, room=room, **urls)


def usual() -> Rendered:
    return rendered(item(reasons=WHY), item(NOTE, 2, profile_name="Errata"))


class Page(HTMLParser):
    """The tags, attributes and text of an HTML part, as a client would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def every(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.tags if attribute in attrs]


def mails() -> list[Rendered]:
    url = f"{HOME}/c/token"
    return [usual(), *(RENDERER.letter(kind, url=url, home=HOME) for kind in LETTERS)]


# --- structure -------------------------------------------------------------------------------

HEAD = {"html", "head", "meta", "title", "style", "body"}
TAGS = HEAD | {"div", "table", "tbody", "tr", "td", "p", "h1", "h2", "h3", "a", "span", "b", "i"}
TAGS |= {"br", "sub", "sup"}


@pytest.mark.parametrize("mail", mails(), ids=["digest", *LETTERS])
def test_each_mail_is_plain_well_formed_html(mail: Rendered) -> None:
    page = Page(mail.html)
    assert mail.html.startswith("<!DOCTYPE html><html ")
    assert {tag for tag, _ in page.tags} <= TAGS
    assert len(page.texts["h1"]) == 1
    assert page.texts["title"] == [mail.subject]
    assert page.tags[0][1] | {"lang": "en", "dir": "ltr"} == page.tags[0][1]


@pytest.mark.parametrize("mail", mails(), ids=["digest", *LETTERS])
def test_each_mail_runs_and_loads_nothing(mail: Rendered) -> None:
    page = Page(mail.html)
    names = {name for _, attributes in page.tags for name in attributes}
    assert not [n for n in names if n.startswith("on") or n in ("src", "http-equiv", "background")]
    assert not re.search(r"url\(|@import|expression|flex|grid|var\(|\brem\b", mail.html)
    assert {urlsplit(url).scheme for url in page.every("href")} == {"https"}


@pytest.mark.parametrize("mail", mails(), ids=["digest", *LETTERS])
def test_each_mail_is_styled_inline_and_keeps_dark_mode(mail: Rendered) -> None:
    assert "@media (prefers-color-scheme:dark)" in mail.html
    assert "!important" in mail.html
    assert mail.html.count("[if mso]") == 3
    assert '<meta name="color-scheme" content="light dark">' in mail.html
    bare = Page(re.sub(r"<style.*?</style>", "", mail.html, flags=re.DOTALL))
    assert all("color:" in (a["style"] or "") for t, a in bare.tags if t in ("h1", "h2"))


def test_layout_tables_are_no_tables_to_a_screen_reader() -> None:
    tables = [attributes for tag, attributes in Page(usual().html).tags if tag == "table"]
    assert tables
    assert all(t["role"] == "presentation" and t["border"] == "0" for t in tables)


def test_text_is_at_least_14_pixels() -> None:
    found = (re.findall(r"font(?:-size)?:[\w ]*?(\d+)px", mail.html) for mail in mails())
    sizes = [int(size) for sizes in found for size in sizes]
    assert min(sizes) == 14


def test_feedback_can_be_hit_with_a_thumb() -> None:
    html = usual().html
    rows = re.findall(r'<p class="taps"[^>]*line-height:44px[^>]*>(.*?)</p>', html)
    assert len(rows) == 2
    assert all(row.count("display:inline-block") == row.count("<a ") == 4 for row in rows)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_have_contrast_and_none_is_pure(mode: str) -> None:
    palette: Any = RENDERER.environment.get_template("email/_base/palette.html").module
    colours = getattr(palette, mode)
    pairs = [*product(("ink", "body", "quiet", "link"), ("sheet", "ground"))]
    pairs += [("marked", "mark"), ("on_button", "button")]
    assert min(contrast(colours[a], colours[b]) for a, b in pairs) >= 4.5
    assert not {"#000000", "#ffffff"} & set(colours.values())


# --- what a digest says ----------------------------------------------------------------------


def test_each_paper_has_a_heading_that_links_to_it() -> None:
    page = Page(usual().html)
    assert page.texts["h2"] == ["Proteins", "Errata"]
    assert page.texts["h3"] == ["Protein folding in 𝒪(n²) time", "Erratum"]
    assert page.every("href").count(FOLDING.url) == 1
    assert "Erratum" not in page.texts["a"]


def test_a_digest_shows_what_is_known_of_a_paper() -> None:
    body = Page(usual().html).texts["body"][0]
    assert "Ana Rossi, Bo Chen, Chidi Okafor, J. Doe (followed) and\u00a02\u00a0more" in body
    assert "1 · q-bio.BM, cs.LG · 19\u00a0Nov\u00a02026" in body
    assert (
        "Why: strong match; matches protein folding and proteins; by Jane Doe, who you follow"
        in body
    )
    assert body.count("No abstract was published.") == 1


def test_the_head_tells_date_count_and_profiles() -> None:
    body = " ".join(Page(usual().html).texts["body"][0].split())
    assert "digestmail View in browserUnsubscribe Friday, 20 November 2026 2 new papers" in body
    assert "The best of 412 new papers for Proteins and Errata. About 1 min" in body


def test_the_head_does_not_name_a_profile_that_nobody_named() -> None:
    html = rendered(item(profile_name=USUAL_NAME)).html
    assert "The best of 412 new papers. About 1 min" in " ".join(
        Page(html).texts["body"][0].split()
    )


def test_the_followed_author_is_emphasised() -> None:
    assert "J. Doe" in Page(usual().html).texts["b"]


@pytest.mark.parametrize(
    ("name", "followed", "emphasised"),
    [
        ("Jane Doe", "Jane Doe", True),
        ("J. Doe", "Jane Doe", True),
        ("Jane Q. Doe", "jane doe", True),
        ("John Doe", "Jane Doe", False),
        ("Jane Roe", "Jane Doe", False),
        ("", "Jane Doe", False),
    ],
)
def test_who_is_the_followed_author(name: str, followed: str, emphasised: bool) -> None:
    reasons = (Reason(ReasonKind.AUTHOR, (followed,)),)
    shown = item(replace(FOLDING, authors=(name,)), reasons=reasons)
    view = viewed(shown, room=0)
    assert view.authors == ((name, emphasised),)


def test_four_authors_are_all_named() -> None:
    paper = replace(FOLDING, authors=("A. One", "B. Two", "C. Three", "D. Four"))
    assert "A. One, B. Two, C. Three, D. Four\n" in rendered(item(paper)).text


def test_a_name_repeated_a_thousand_times_is_cut_short() -> None:
    crowd = item(replace(FOLDING, authors=("J. Doe",) * 5000), reasons=WHY)
    assert "and 4,992 more" in " ".join(rendered(crowd).text.split())


def test_each_profile_has_a_section_with_its_papers_best_first() -> None:
    names = ["Proteins", "Errata", "Proteins", "Ice"]
    papers = [replace(FOLDING, title=f"Paper {at}") for at in range(1, 5)]
    placed = zip(papers, names, strict=True)
    mail = rendered(*(item(p, at, profile_name=n) for at, (p, n) in enumerate(placed, 1)))
    page = Page(mail.html)
    assert page.texts["h2"] == ["Proteins", "Errata", "Ice"]
    assert page.texts["h3"] == ["Paper 1", "Paper 3", "Paper 2", "Paper 4"]
    assert [u.rpartition("/")[2] for u in page.every("href") if "/s/" in u] == ["1", "3", "2", "4"]
    in_order = [("1.", "Paper 1"), ("2.", "Paper 3"), ("3.", "Paper 2"), ("4.", "Paper 4")]
    in_text = re.findall(r"^ ?(\d\.) (Paper \d)", mail.text, re.MULTILINE)
    assert in_text == [*in_order, *in_order]  # in the list, then in the sections


def test_one_profile_needs_no_section() -> None:
    mail = rendered(item(), item(NOTE, 2))
    assert len(Page(mail.html).texts["h2"]) == 2
    assert mail.text.count("Proteins") == 1


def test_what_trends_is_marked_with_its_upvotes() -> None:
    reasons = (Reason(ReasonKind.TRENDING, ("1200",)),)
    mail = rendered(item(replace(FOLDING, upvotes=1200), reasons=reasons))
    assert '<i aria-hidden="true" style="font-style:normal">▲ </i>1,200 upvotes</b>' in mail.html
    assert "\n    1,200 upvotes\n" in mail.text
    assert "Why" not in mail.text
    assert "upvotes" not in rendered(item(replace(FOLDING, upvotes=4))).html


def test_an_exploration_is_told_as_one() -> None:
    mail = rendered(item(reasons=(Reason(ReasonKind.EXPLORATION, ("ice", "snow")),)))
    for part in (mail.html, mail.text):
        assert "something different" in part.lower()
        assert "at the edge of your profile: ice and snow" in part


def test_a_followed_author_is_told_in_the_text_too() -> None:
    assert "J. Doe (followed) and 2 more" in usual().text


def test_the_mail_tells_how_long_it_takes_to_read() -> None:
    long = item(replace(FOLDING, abstract="word " * 5000))  # of which few are shown
    mail = rendered(*(long._replace(position=n) for n in range(1, 7)))
    assert "About 2 min to read." in " ".join(mail.text.split())
    assert "About 2 min to read." in mail.html


def week(*items: DigestItem, day: date = date(2026, 11, 20)) -> Rendered:
    reader = replace(ADA, schedule=Schedule(weekdays=frozenset({5})))
    return RENDERER.digest(replace(digest(*items), date=day), reader.recipient, LINKS)


def test_a_weekly_digest_is_of_a_week() -> None:
    mail = week(item(), item(NOTE, 2))
    assert mail.subject == "Your week, 2 papers: Protein folding in 𝒪(n²) time"
    assert Page(mail.html).texts["h1"] == ["Your week, 14–20 November"]
    assert "2 new papers\n\nYOUR WEEK, 14–20 NOVEMBER\n" in mail.text
    assert week().subject == "No close matches, 14–20 November"
    assert "28 November – 4 December" in week(item(), day=date(2026, 12, 4)).html


@pytest.mark.parametrize(
    ("papers", "judged", "most", "told"),
    [(2, 412, 10, True), (4, 412, 10, False), (2, 5, 10, False), (2, 412, 2, False)],
)
def test_who_gets_few_papers_is_told_why(papers: int, judged: int, most: int, told: bool) -> None:
    reader = replace(ADA, profiles=(Profile(max_papers=most),))
    papers_of_day = digest(*(item(at=n) for n in range(1, papers + 1)), judged=judged)
    mail = RENDERER.digest(papers_of_day, reader.recipient, LINKS)
    for part in (mail.html, mail.text):
        assert ("No other papers matched closely enough" in part) is told
        assert ("Get more papers" in " ".join(part.split())) is told


def test_a_note_of_the_day_is_shown() -> None:
    mail = rendered(item(), note="arXiv is <late> today.")
    assert "arXiv is &lt;late&gt; today." in mail.html
    assert "\narXiv is <late> today.\n" in mail.text


def test_each_quiet_day_has_a_subject_of_its_own() -> None:
    days = [date(2026, 11, 20), date(2026, 11, 21), date(2026, 12, 20), date(2027, 11, 20)]
    quiet = [replace(digest(judged=judged), date=day) for day in days for judged in (0, 412)]
    subjects = [RENDERER.digest(one, ADA.recipient, LINKS).subject for one in quiet]
    assert subjects[:2] == ["No new papers, 20 Nov 2026", "No close matches, 20 Nov 2026"]
    assert len(set(subjects)) == len(subjects)


def test_a_digest_without_papers_says_so() -> None:
    mail = rendered(note="arXiv announces nothing on Sundays.")
    assert mail.subject == "No close matches, 20 Nov 2026"
    assert "arXiv announces nothing on Sundays.\n" in mail.text
    assert Page(mail.html).texts["h1"] == ["No close matches today"]
    assert "There were 412 new papers, but none matched closely enough." in mail.html


def test_a_day_without_announcements_says_so() -> None:
    mail = RENDERER.digest(replace(digest(judged=0), note="It is Sunday."), ADA.recipient, LINKS)
    assert "NO NEW PAPERS TODAY\n\nIt is Sunday.\n" in mail.text
    assert "more papers" not in mail.text


def test_all_links_are_in_both_parts() -> None:
    mail = usual()
    urls = {LINKS.preferences, LINKS.pause, LINKS.unsubscribe, LINKS.help, LINKS.home, FOLDING.url}
    urls |= {LINKS.view, LINKS.saved, LINKS.archive}
    urls |= {*map(LINKS.save, (1, 2)), *map(LINKS.options, (1, 2))}
    urls |= {f"{HOME}/f/token/{n}/{verdict}" for n, verdict in product((1, 2), ("more", "less"))}
    assert set(Page(mail.html).every("href")) == urls
    assert {line.strip() for line in mail.text.splitlines() if "://" in line} == urls


def test_unsubscribing_is_also_possible_near_the_top() -> None:
    html = rendered(*(item(at=n) for n in range(1, 9))).html
    assert html.index(LINKS.unsubscribe) < len(html) / 3
    assert html.count(LINKS.unsubscribe) == 2


def test_the_mail_tells_why_it_came() -> None:
    why = "You get this email because ada@example.net subscribed to digestmail and confirmed on 3"
    assert why in " ".join(usual().text.split())
    assert (
        "confirmed"
        not in RENDERER.digest(
            digest(item()), Subscriber(id=8, email="a@b.c").recipient, LINKS
        ).text
    )


def preheader(mail: Rendered) -> str:
    found = re.search(r'mso-hide:all">([^<]*)</div>', mail.html)
    assert found
    return found[1]


def test_the_preheader_is_hidden_short_and_of_the_day() -> None:
    mail = rendered(item(), item(replace(FOLDING, title="Long words " * 30), 2))
    assert preheader(mail).startswith("20 Nov 2026. Next: Long words")
    assert len(preheader(mail)) <= 90
    assert "display:none;max-height:0;overflow:hidden;mso-hide:all" in mail.html
    assert preheader(rendered(item())) == "20 Nov 2026. Proteins"


# --- subjects and small words ----------------------------------------------------------------


def test_the_subject_tells_the_best_paper() -> None:
    assert usual().subject == "2 new papers: Protein folding in 𝒪(n²) time"
    assert rendered(item()).subject == "1 new paper: Protein folding in 𝒪(n²) time"


@pytest.mark.parametrize(
    "title", ["Words and " * 30, "x" * 300, "蛋白质" * 90, "a\r\nBcc: b\0" * 20]
)
def test_a_subject_is_one_line_of_at_most_80(title: str) -> None:
    subject = rendered(item(replace(FOLDING, title=title))).subject
    assert 30 < len(subject) <= 80
    assert subject.isprintable()
    assert subject.endswith("…")


def test_a_paper_without_title_is_still_listed() -> None:
    assert rendered(item(replace(FOLDING, title="\x00"))).subject == "1 new paper: Untitled"


def test_plurals_and_lists() -> None:
    assert [counted(n, "paper") for n in (1, 2, 1200)] == ["1 paper", "2 papers", "1,200 papers"]
    assert ENGLISH.listed([]) == ""
    assert ENGLISH.listed(["a"]) == "a"
    assert ENGLISH.listed(["a", "b", "c"]) == "a, b and c"


def test_wrapping_keeps_indentation_and_whole_addresses() -> None:
    url = "https://example.org/" + "x" * 90
    lines = wrap(f"Why: {'word ' * 20} {url}", 4, hanging=5).splitlines()
    assert lines[0].startswith("    Why: word")
    assert all(line.startswith(" " * 9) for line in lines[1:])
    assert lines[-1].strip() == url


JAPANESE = "本論文では、自動要約（ROUGE-L）の「新しい手法」を提案し、コンピュータで検証する。" * 6
CHINESE = "我们提出了一种新的方法，用于预测蛋白质的结构（3.5 倍）。" * 8


@pytest.mark.parametrize("text", [JAPANESE, CHINESE])
def test_texts_without_blanks_are_wrapped_between_letters(text: str) -> None:
    lines = [line[4:] for line in wrap(text, 4).splitlines()]
    widths = [sum(1 if letter.isascii() else 2 for letter in line) for line in lines]
    assert max(widths) <= 68
    assert min(widths[:-1]) > 68 - 12  # full lines, but for a Latin word and a bracket
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "、。，）」ー" or line[-1] in "（「" for line in lines)
    assert not any(line.endswith("ROUGE") for line in lines)


def test_a_link_among_letters_that_need_no_blanks_stays_one_piece() -> None:
    url = "https://example.org/" + "x" * 90
    assert url in wrap(f"詳細は{url}を参照。", 4).split()


def test_korean_is_wrapped_at_blanks_and_by_its_width() -> None:
    sentence = "단백질의 구조를 예측하는 새로운 방법을 제안합니다."
    lines = wrap(" ".join([sentence] * 6)).splitlines()
    assert " ".join(lines).split() == sentence.split() * 6
    assert all(50 < sum(2 - letter.isascii() for letter in line) <= 72 for line in lines[:-1])


def test_a_japanese_abstract_is_wrapped_in_the_text_part() -> None:
    text = rendered(item(replace(FOLDING, abstract=JAPANESE), reasons=WHY)).text
    assert "本論文では、" in text
    assert max(map(len, text.splitlines())) <= 72


# --- marking and shortening ------------------------------------------------------------------


def test_a_paper_is_shown_in_the_direction_of_its_letters() -> None:
    paper = replace(FOLDING, title="מבוא לגרפים.", abstract="מאמר על רשתות.", authors=("דנה לוי",))
    html = rendered(item(paper, reasons=WHY)).html
    for text in (paper.title, paper.abstract, *paper.authors):
        direction = 'dir="auto"' if text in paper.authors else 'dir="rtl" align="right"'
        assert re.search(f"<(?:h[1-4]|p)[^>]* {direction}[^>]*>(?:<[^>]+>)*{re.escape(text)}", html)


def test_matched_words_are_marked_in_title_and_abstract() -> None:
    marked = Page(usual().html).texts["span"]
    assert marked[:2] == ["Protein folding", "protein"]
    assert "proteins" in marked
    assert usual().html.count('<span style="background:#f7e6ab">') == len(marked)


def test_scripts_without_a_sign_of_their_own_are_set() -> None:
    paper = replace(FOLDING, title=r"$x_{ij}$ at $10^{-3/2}$ and $H_2O$", abstract=r"$k^{<b>}$")
    mail = rendered(item(paper, reasons=WHY))
    assert "x<sub>ij</sub> at 10<sup>-3/2</sup> and H₂O" in mail.html
    assert "k<sup>&lt;b&gt;</sup>" in mail.html
    assert "x_{ij} at 10^{-3/2} and H₂O" in mail.text


@pytest.mark.parametrize(
    ("text", "wanted", "pieces"),
    [
        ("On graphs", ["graph"], (("On ", False), ("graphs", True))),
        ("Graph", ["graph"], (("Graph", True),)),
        ("Graph", [], (("Graph", False),)),
        ("Graphs", ['"graph"'], (("Graphs", False),)),
        ("", ["graph"], ()),
    ],
)
def test_segments(text: str, wanted: Sequence[str], pieces: tuple[tuple[str, bool], ...]) -> None:
    assert segments(text, map(phrase, wanted)) == pieces


def test_an_abstract_is_cut_at_a_sentence() -> None:
    view = viewed(item(), room=600)
    assert 300 < len(view.line) <= 600
    assert view.line.endswith("takes time.")


def long_papers(number: int) -> list[DigestItem]:
    paper = replace(FOLDING, abstract="Ein größeres <Zeichen> für Proteine — ‘sehr’ lang. " * 60)
    return [item(paper, at, reasons=WHY) for at in range(1, number + 1)]


def sent_size(html: str) -> int:
    part = EmailMessage(policy=policy.SMTP.clone(max_line_length=76))
    part.set_content(html, subtype="html", charset="utf-8", cte="quoted-printable")
    return len(part.as_bytes().split(b"\r\n\r\n", 1)[1])


def test_the_size_is_measured_as_it_is_sent() -> None:
    html = rendered(*long_papers(5)).html
    assert encoded_size(html) == pytest.approx(sent_size(html), rel=0.01)


def test_thirty_papers_have_their_full_room() -> None:
    words = "Sparse autoencoders find directions that mean something. " * 21
    papers = [item(replace(FOLDING, abstract=words), at, reasons=WHY) for at in range(1, 31)]
    html = rendered(*papers).html
    shown = clean(words, 320)
    assert len(words) > 1170
    assert html.count(shown) == 5
    assert sent_size(html) <= HTML_BUDGET
    assert sent_size(html) / 30 - len(shown) < 2500


@pytest.mark.parametrize("number", [10, 25, 40])
def test_many_papers_are_all_shown_with_shorter_abstracts(number: int) -> None:
    mail = rendered(*long_papers(number))
    assert sent_size(mail.html) <= HTML_BUDGET
    assert len(Page(mail.html).texts["h2"]) == number
    assert "on the web" not in mail.text


def test_too_many_papers_are_left_to_the_web_and_counted() -> None:
    mail = rendered(*long_papers(90))
    shown = len(Page(mail.html).texts["h2"])
    assert HTML_BUDGET * 0.95 < sent_size(mail.html) <= HTML_BUDGET
    assert mail.subject.startswith("90 new papers: ")
    assert f"{90 - shown} more papers on the web:\n{LINKS.view}\n" in mail.text
    assert f"{90 - shown} more papers on the web" in Page(mail.html).texts["a"]


# --- hostile papers --------------------------------------------------------------------------

HOSTILE = '</title></style><script>alert(1)</script><img src=x onerror="a()">{{ 7*7 }}\u202e\x92'


def test_markup_in_a_paper_is_only_text() -> None:
    hostile = replace(
        FOLDING, title=HOSTILE, abstract=HOSTILE, authors=(HOSTILE,), categories=(HOSTILE,)
    )
    reasons = (Reason(ReasonKind.SIMILAR, (HOSTILE,)),)
    mail = rendered(item(hostile, reasons=reasons, profile_name=HOSTILE), note=HOSTILE)
    page = Page(mail.html)
    assert {tag for tag, _ in page.tags} <= TAGS
    assert page.texts["h2"][0].startswith("</title></style><script>alert(1)</script>")
    assert "{{ 7*7 }}" in page.texts["h2"][0]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", mail.html)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org/x",
        "https://",
        "https://[x",
        "https://example.org/a b",
        "https://example.org/\u202e",
        "https://example.org/\n",
        "https://example.org/" + "x" * 2000,
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_url(url) == ""
    mail = rendered(item(replace(FOLDING, url=url)))
    assert "Protein folding in 𝒪(n²) time" not in Page(mail.html).texts["a"]
    assert "Read:" not in mail.text


def test_an_address_cannot_leave_its_attribute() -> None:
    url = 'https://example.org/?a="onclick=x&b=<i>'
    assert url in Page(rendered(item(replace(FOLDING, url=url))).html).every("href")


def test_text_cannot_forge_lines() -> None:
    forged = "Title\r\n\r\nUnsubscribe:\u2028https://evil.example"
    text = rendered(item(replace(FOLDING, title=forged))).text
    assert "Title Unsubscribe: https://evil.example" in text


@settings(max_examples=40)
@given(st.text(max_size=400))
def test_any_text_keeps_the_structure(text: str) -> None:
    paper = replace(FOLDING, title=text, abstract=text, authors=(text,), categories=(text,))
    page = Page(rendered(item(paper)).html)
    assert len(page.texts["h2"]) == 1
    assert page.texts["h2"][0].split() == (clean(text, 300) or "Untitled").split()


# --- plain text ------------------------------------------------------------------------------


def test_the_text_part_reads_as_it_was_written() -> None:
    assert usual().text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("mail", mails(), ids=["digest", *LETTERS])
def test_text_is_wrapped_and_addresses_stand_alone(mail: Rendered) -> None:
    lines = mail.text.splitlines()
    assert max(map(len, lines)) <= 72
    assert all(re.fullmatch(r" *https://\S+", line) for line in lines if "://" in line)
    assert "\n\n\n" not in mail.text
    assert not any(line != line.rstrip() for line in lines)


# --- the other mails -------------------------------------------------------------------------


def test_the_confirmation_says_what_will_happen() -> None:
    mail = RENDERER.letter(DeliveryKind.CONFIRM, url=f"{HOME}/c/token", home=HOME)
    assert mail.subject == "Confirm your subscription to digestmail"
    for part in (Page(mail.html).texts["body"][0].replace("\u00a0", " "), mail.text):
        words = " ".join(part.replace("’", "'").split())
        assert "one more button to press" in words
        assert "72 hours" in words
        assert "If it wasn't you, ignore this email" in words
    assert Page(mail.html).every("href").count(f"{HOME}/c/token") == 2


def test_the_link_mail_leads_to_the_preferences() -> None:
    mail = RENDERER.letter(DeliveryKind.LINK, url=f"{HOME}/p/token", home=HOME)
    assert mail.subject == "Your new link to the digestmail preferences"
    assert "Open preferences" in Page(mail.html).texts["a"]
    assert f"\n{HOME}/p/token\n" in mail.text


def test_a_mail_names_the_service_and_its_language() -> None:
    mail = Renderer(TEMPLATES, service="Lab <news>").letter(
        DeliveryKind.CONFIRM, url=HOME, home=HOME
    )
    assert mail.subject == "Confirm your subscription to Lab <news>"
    assert Page(mail.html).every("lang") == ["en", "en"]  # some clients drop the first
    assert "Lab <news>" in Page(mail.html).texts["a"]


# --- broken templates ------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return copytree(TEMPLATES, tmp_path / "templates")


def test_check_accepts_the_templates() -> None:
    RENDERER.check()
    assert "email/digest/body.html" in RENDERER.environment.list_templates()


def test_check_names_file_and_line_of_a_broken_template(own: Path) -> None:
    (own / "email/link/body.txt").write_text("one\n{% if %}\n")
    with pytest.raises(ConfigError, match=r"email/link/body\.txt, line 2: Expected an expression"):
        Renderer(own).check()


def test_check_names_a_missing_template(own: Path) -> None:
    (own / "email/link/body.txt").unlink()
    with pytest.raises(ConfigError, match=r"email/link/body\.txt is missing"):
        Renderer(own).check()


def test_check_names_a_template_in_another_encoding(own: Path) -> None:
    (own / "email/link/body.txt").write_bytes("für\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"email/link/body\.txt: it is not UTF-8"):
        Renderer(own).check()


def test_an_unknown_name_stops_the_mail(own: Path) -> None:
    (own / "email/link/body.html").write_text("<p>\n{{ links.home }}")
    with pytest.raises(ConfigError, match=r"body\.html, line 2: 'links' is undefined"):
        Renderer(own).letter(DeliveryKind.LINK, url=HOME, home=HOME)


def test_templates_cannot_reach_into_python(own: Path) -> None:
    (own / "email/link/body.txt").write_text("{{ url.__class__.__mro__ }}")
    with pytest.raises(ConfigError, match="unsafe"):
        Renderer(own).letter(DeliveryKind.LINK, url=HOME, home=HOME)


def test_everything_but_text_is_escaped() -> None:
    names = {"a.html": True, "a.html.j2": True, None: True, "a.txt": False}
    choose: Any = RENDERER.environment.autoescape
    assert {name: choose(name) for name in names} == names


# --- compiled templates ----------------------------------------------------------------------


def test_a_template_is_compiled_once_for_all_who_show_it(own: Path) -> None:
    first, second = (make_environment(own).get_template("email/link/body.txt") for _ in range(2))
    assert first.root_render_func.__code__ is second.root_render_func.__code__


def test_a_changed_template_is_compiled_anew(own: Path) -> None:
    assert make_environment(own).get_template("email/link/body.txt")
    (own / "email/link/body.txt").write_text("changed")
    assert make_environment(own).get_template("email/link/body.txt").render() == "changed"


class _Points(NullTranslations):
    def pgettext(self, context: str, message: str) -> str:
        return "." if context == "between thousands" else message


def test_what_is_constant_is_said_in_each_language(own: Path) -> None:
    (own / "email/link/body.txt").write_text("{{ 1234 | grouped }}")
    shown = [
        make_environment(own, words).get_template("email/link/body.txt").render()
        for words in (ENGLISH, Words("de", _Points()), ENGLISH)
    ]
    assert shown == ["1,234", "1.234", "1,234"]
