import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources_server import Answer, Site, browsing, serving

from digestmail.domain import BadRecord, Paper, SourceMemory
from digestmail.errors import SourceError
from digestmail.sources.feeds.entry import doi_in_address
from digestmail.sources.feeds.source import FeedSource, read_any_feed
from digestmail.sources.feeds.xml_reader import Limits

URL = "https://journal.example/rss"
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


def rss(*items: str) -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0"?><rss version="2.0" {SPACES}><channel><title>J</title>'
        f"{inner}</channel></rss>"
    )


def read(document: str | bytes) -> list[Paper | BadRecord]:
    content = document.encode() if isinstance(document, str) else document
    return read_any_feed(content, url=URL, source="journal")


def paper(*elements: str) -> Paper:
    (result,) = read(rss("<title>On teapots</title>" + "".join(elements)))
    assert isinstance(result, Paper)
    return result


def refused(document: str | bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read(document)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def test_a_journals_rss() -> None:
    result = paper(
        "<link>https://journal.example/1</link><guid isPermaLink='false'>x1</guid>",
        "<dc:creator>Kettle, Ada</dc:creator><dc:creator>Bo Spout</dc:creator>",
        "<prism:doi>10.1000/X</prism:doi><category>News</category>",
        "<pubDate>Wed, 04 Mar 2026 05:00:00 +0100</pubDate>",
        "<description>&lt;p&gt;Of &lt;i&gt;tea&lt;/i&gt;, $n &amp;lt; 7$.&lt;/p&gt;</description>",
    )
    assert result == Paper(
        key="doi:10.1000/x",
        title="On teapots",
        abstract="Of tea, $n < 7$.",
        authors=("Ada Kettle", "Bo Spout"),
        url="https://journal.example/1",
        doi="10.1000/x",
        published_at=datetime(2026, 3, 4, 4, tzinfo=UTC),
        source="journal",
    )


def test_rss_1() -> None:
    (result,) = read(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        f' xmlns="http://purl.org/rss/1.0/" {SPACES}><channel rdf:about="x"/>'
        '<item rdf:about="https://j.example/1"><title><![CDATA[On <i>tea</i>]]></title>'
        "<link>https://j.example/1</link><dc:creator>Ada Kettle, Bo Spout</dc:creator>"
        "<dc:identifier>doi:10.1038/s1</dc:identifier><dc:date>2026-03-04</dc:date></item></rdf:RDF>"
    )
    assert isinstance(result, Paper)
    assert (result.key, result.title) == ("doi:10.1038/s1", "On tea")
    assert result.authors == ("Ada Kettle", "Bo Spout")
    assert result.published_at == datetime(2026, 3, 4, tzinfo=UTC)


def test_atom() -> None:
    (result,) = read(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title><entry><id>urn:1</id>'
        '<title type="html">Tea &amp;lt; coffee</title><link href="/1"/><author><name>Ada</name>'
        "</author><updated>2026-03-04T05:00:00Z</updated>"
        '<content type="html">&lt;p&gt;All of it&lt;/p&gt;</content></entry></feed>'
    )
    assert result == Paper(
        key=f"journal:{hashlib.sha1(b'urn:1').hexdigest()[:12]}",  # noqa: S324
        title="Tea < coffee",
        abstract="All of it",
        authors=("Ada",),
        url="https://journal.example/1",
        published_at=datetime(2026, 3, 4, 5, tzinfo=UTC),
        source="journal",
    )


@pytest.mark.parametrize(
    ("elements", "key"),
    [
        ("<link>https://arxiv.org/abs/2603.00001v2</link>", "arxiv:2603.00001"),
        ("<guid isPermaLink='false'>oai:arXiv.org:2603.00001v1</guid>", "arxiv:2603.00001"),
        ("<dc:identifier>10.48550/arXiv.2603.00001</dc:identifier>", "arxiv:2603.00001"),
        ("<guid>https://doi.org/10.1000/A%28b%29</guid>", "doi:10.1000/a(b)"),
        ("<link>https://dl.example/doi/abs/10.1145/3.4?af=R</link>", "doi:10.1145/3.4"),
    ],
)
def test_identifiers_are_found(elements: str, key: str) -> None:
    assert paper(elements).key == key


@pytest.mark.parametrize(
    ("url", "doi"),
    [
        ("https://dl.acm.org/doi/10.1145/3.4", "10.1145/3.4"),
        ("https://www.science.org/doi/abs/10.1126/science.X?af=R", "10.1126/science.x"),
        ("https://onlinelibrary.wiley.com/doi/10.1002/a.1/full", "10.1002/a.1"),
        ("https://www.biorxiv.org/content/10.1101/2026.01.01.5v2.full.pdf", "10.1101/2026.01.01.5"),
        ("https://www.biorxiv.org/content/10.64898/2026.01.01.5v1?rss=1", "10.64898/2026.01.01.5"),
        ("https://journal.example/10.1000/av2", "10.1000/av2"),
        ("https://journal.example/articles/10", ""),
        ("https://[", ""),
        ("", ""),
    ],
)
def test_dois_in_addresses(url: str, doi: str) -> None:
    assert doi_in_address(url) == doi


def test_markup_of_another_namespace_ends_with_its_element() -> None:
    """The default namespace of a text's markup is not that of what comes after it."""
    entry = (
        '<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">On <i>tea</i></div>'
        "</title><id>tag:x,2026:{0}</id><link href='https://x.example/{0}'/>"
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>We boil.</p></div>'
        "</content><author><name>Ana Lima</name></author></entry>"
    )
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{}</feed>'
    both = read(feed.format(entry.format(1) + entry.format(2)))
    broken = read(feed.format("<x>" + entry.format(1) + entry.format(2)))  # read entry by entry
    for result in (*both, *broken[-2:]):
        assert isinstance(result, Paper)
        assert (result.title, result.abstract) == ("On tea", "We boil.")
        assert (result.authors, result.url[:-1]) == (("Ana Lima",), "https://x.example/")


def test_the_same_guid_gives_the_same_key() -> None:
    one = paper("<guid isPermaLink='false'>x1</guid><link>https://a.example/1</link>")
    two = paper("<guid isPermaLink='false'>x1</guid><link>https://a.example/2</link>")
    assert one.key == two.key
    assert one.key.startswith("journal:")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "ftp://x.example/"])
def test_only_links_to_the_web_are_kept(link: str) -> None:
    assert paper(f"<link>{link}</link>").url == ""


def test_scripts_do_not_survive() -> None:
    result = paper(
        "<description><![CDATA[<script>x()</script><b onclick='y'>T</b>]]></description>"
    )
    assert result.abstract == "T"


def test_entries_without_title_are_told() -> None:
    results = read(rss("<title>T</title>", "<guid>https://a.example/2</guid>"))
    assert results[1] == BadRecord("entry https://a.example/2", "it has no title")


def test_a_format_that_changed_is_told() -> None:
    message = refused(rss("<name>T</name>", "<name>U</name>"))
    assert message == f"{URL}: 0 of 2 entries could be read (entry without id: it has no title)"


def test_a_quiet_day() -> None:
    assert read(rss()) == []


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("<!DOCTYPE html><html></html>", "is a web page; use the address of its RSS or Atom feed"),
        ("\n<html lang='en'>", "is a web page"),
        ("<?xml version='1.0'?><!-- x --><html>", "is a web page"),
        ("", "is not a feed: it begins with “”"),
        ("Not found", "is not a feed: it begins with “Not found”"),
        ("{}", "is not a feed"),
        ("<rss", "its XML is broken"),
        ("<opml version='2.0'></opml>", "it is not a feed"),
        (rss("<title>T</title>").encode("utf-16-le"), "is not a feed"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not a feed"),
    ],
)
def test_what_is_no_feed(document: str | bytes, problem: str) -> None:
    assert problem in refused(document)


BOMB = '<!DOCTYPE x [<!ENTITY a "tea"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "start",
    [
        BOMB,
        f"<?xml version='1.0'?>\n<!-- <rss> -->{BOMB}",
        f"<!-- <rss> --><?x <rss> ?>{BOMB.lower()}",
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1/secret.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_document_types_are_refused(start: str, encoding: str) -> None:
    document = f"{start}<rss version='2.0'><channel><item><title>&b;</title></item></channel></rss>"
    assert "declares a DOCTYPE or entities: refused" in refused(document.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-7", "unicode_escape", "punycode", "cp037", "no-such"])
def test_odd_encodings_hide_nothing(encoding: str) -> None:
    document = f"<?xml version='1.0' encoding='{encoding}'?>{BOMB}<rss/>"
    assert "refused" in refused(document)


def test_a_feed_too_big_is_refused() -> None:
    assert "more than 10,000,000 bytes, the limit" in refused(b" " * 10_000_001)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-8"])
def test_declared_encodings_are_obeyed(encoding: str) -> None:
    document = rss("<title>Théière</title>").replace("?>", f' encoding="{encoding}"?>', 1)
    (result,) = read(document.encode(encoding))
    assert isinstance(result, Paper)
    assert result.title == "Théière"


def test_a_wrong_encoding_is_survived() -> None:
    (result,) = read(rss("<title>Théière</title>").encode("cp1252"))
    assert isinstance(result, Paper)
    assert result.title == "Théière"


def test_slightly_broken_xml_is_read() -> None:
    (result,) = read(rss("<title>Tea &nbsp;& milk</title>"))
    assert isinstance(result, Paper)
    assert result.title == "Tea & milk"


def test_a_feed_cut_short_is_told() -> None:
    whole = rss("<title>T</title>", "<title>U</title>")
    results = read(whole[: whole.index("U") + 1])
    assert isinstance(results[0], Paper)
    assert results[-1] == BadRecord("the feed", "it is truncated: some entries may be missing")


@pytest.mark.parametrize("piece", ["<", "&", "<a ", "<b>", "<![CDATA[", "<item>", "<!--"])
def test_hostile_feeds_do_not_take_long(piece: str) -> None:
    begun = time.process_time()
    document = f"<rss version='2.0'><channel><item><title>{piece * 900_000}"
    assert "its XML is broken" in refused(document)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("piece", [" ", "\n", "http://a ", "a, ", "Vol. 1, ", "(", "10.1000/a "])
def test_hostile_texts_of_entries_do_not_take_long(piece: str) -> None:
    text = f"x{piece * (50_000 // len(piece))}!"
    begun = time.process_time()
    paper(f"<description>{text}</description><author>{text}</author>")
    assert time.process_time() - begun < 1


def test_a_thousand_attributes_are_refused() -> None:
    attributes = " ".join(f'a{number}="x"' for number in range(100_000))
    assert "has 100,000 attributes at once" in refused(rss(f"<title {attributes}>T</title>"))


@given(st.text(alphabet="<>/&;!?[]'\"= abrsitelnkgud:\n", max_size=200))
def test_no_text_makes_it_fail_otherwise(inner: str) -> None:
    try:
        results = read(rss(f"<title>T</title>{inner}"))
    except SourceError:
        return
    assert all(isinstance(result, Paper | BadRecord) for result in results)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_otherwise(content: bytes) -> None:
    with pytest.raises(SourceError):
        read(b"<" + content)


# --- what publishers get wrong ---------------------------------------------------------------


def papers(document: str | bytes) -> list[Paper]:
    return [result for result in read(document) if isinstance(result, Paper)]


def problems(document: str | bytes) -> list[BadRecord]:
    return [result for result in read(document) if isinstance(result, BadRecord)]


@pytest.mark.parametrize(
    "identity",
    [
        "<guid isPermaLink='false'>N/A</guid>",
        "<guid>-</guid><link>https://journal.example/</link>",
        "<guid isPermaLink='false'>urn:issue:7</guid><link>https://journal.example/7</link>",
        "<link>https://journal.example/current</link>",
        "<prism:doi>none</prism:doi>",
        "<prism:doi>10.5555/whole.issue</prism:doi>",
        "<dc:identifier>https://doi.org/</dc:identifier>",
        "<guid>00000000-0000-0000-0000-000000000000</guid>",
        "",
    ],
)
def test_what_all_entries_share_identifies_none(identity: str) -> None:
    titles = ("Why do cats purr", "How dogs bark", "The song of birds")
    items = [f"<title>{title}</title>{identity}" for title in titles]
    keys = {result.key for result in papers(rss(*items))}
    assert len(keys) == 3
    # In another order, and with one that came and one that went, they keep their keys.
    changed = [f"<title>Of mice and of men</title>{identity}", *reversed(items[1:])]
    assert len(keys & {result.key for result in papers(rss(*changed))}) == 2


def test_one_entry_given_twice_keeps_its_identity() -> None:
    item = "<title>T</title><guid isPermaLink='false'>x1</guid>"
    assert {result.key for result in papers(rss(item, item))} == {papers(rss(item))[0].key}


@pytest.mark.parametrize(
    "guid",
    [
        "https://journal.example/1",
        "http://www.journal.example/1/",
        "https://journal.example/1?utm_source=rss&amp;utm_medium=x",
        "http://journal.example/1?af=R",
    ],
)
def test_a_guid_that_changes_its_scheme_stays_one(guid: str) -> None:
    one = paper("<guid>http://journal.example/1</guid>")
    other = paper(f"<guid>{guid}</guid>")
    assert other.key == one.key


def test_keys_of_earlier_versions_are_still_known() -> None:
    guid = "http://journal.example/1"
    earlier = f"journal:{hashlib.sha1(guid.encode()).hexdigest()[:12]}"  # noqa: S324
    assert earlier in paper(f"<guid>{guid}</guid>").aliases
    assert earlier in paper(f"<guid>{guid}</guid><dc:identifier>pmid:7</dc:identifier>").aliases


def test_announcements_of_arxiv_are_read_as_its_own_source_reads_them() -> None:
    def item(number: int, kind: str) -> str:
        return (
            f"<title>T</title><link>https://arxiv.org/abs/2603.0000{number}</link><description>"
            f"arXiv:2603.0000{number}v1 Announce Type: {kind} \nAbstract: We brew.</description>"
            "<category>cs.CL</category><category>68T50</category><category>I.2.7; I.2.6</category>"
            "<dc:creator>Ana Lima, Bo Stone</dc:creator>"
        )

    kinds = ("new", "cross", "replace", "replace-cross")
    results = papers(rss(*(item(n, kind) for n, kind in enumerate(kinds, 1))))
    assert [result.key for result in results] == ["arxiv:2603.00001", "arxiv:2603.00002"]
    assert {result.abstract for result in results} == {"We brew."}
    assert {result.categories for result in results} == {("cs.CL",)}
    assert papers(rss(item(3, "replace"))) == []


@pytest.mark.parametrize(
    ("middle", "is_read"),
    [
        ("<title>Cats & dogs where p < 0.05</title>", True),
        ("<title>T</title><description>One<br>two<p>three</description>", True),
        ("<title>T</title><description><b>bold</description>", True),
        ("<title>T</title><description>a \x0b b</description>", True),
        ("<title>T</title><link>https://a.example/?a=1&b=2</link>", True),
        ("<title>T</title><dc:creator>M&uuml;ller</dc:creator>", True),
        ("<title>T</titel>", False),
        ("<title>T</title><a b></a>", False),
    ],
)
def test_one_broken_entry_costs_no_other(middle: str, is_read: bool) -> None:
    document = rss("<title>First</title>", middle, "<title>Third</title>")
    titles = [result.title for result in papers(document)]
    assert (titles[0], titles[-1]) == ("First", "Third")
    assert len(titles) == (3 if is_read else 2)
    told = problems(document)
    assert [problem.where for problem in told] == ([] if is_read else ["entry 2"])
    assert all(problem.problem.startswith("its XML is broken (") for problem in told)


@pytest.mark.parametrize(
    ("declared", "content"),
    [
        ("iso-8859-1", "Théière 茶".encode()),
        ("us-ascii", "Théière 茶".encode()),
        ("utf-16", "Théière 茶".encode()),
        ("utf-8", "Théière 茶".encode("utf-8-sig")),
        ("utf-8", "Th\xe9i\xe8re ".encode("cp1252") + "茶".encode()),
        ("gb2312", "Théière 茶".encode()),
    ],
)
def test_encodings_that_are_not_as_declared(declared: str, content: bytes) -> None:
    before, behind = (
        rss("<title>@</title>").replace("?>", f' encoding="{declared}"?>', 1).split("@")
    )
    (result,) = papers(before.encode() + content + behind.encode())
    assert result.title == "Théière 茶"


def test_much_text_in_utf_8_is_that_whatever_is_declared() -> None:
    document = rss(f"<title>{'茶の湯' * 5}</title>").replace("?>", ' encoding="shift_jis"?>', 1)
    assert papers(document.encode())[0].title == "茶の湯" * 5
    assert papers(document.encode("shift_jis"))[0].title == "茶の湯" * 5


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("Wed, 04 Mar 2026 05:00:00 +0100", "2026-03-04"),
        ("Wed, 4 Mar 26 05:00 GMT", "2026-03-04"),
        ("WEDNESDAY, 04 MARCH 2026 09:17:25.000+0000", "2026-03-04"),
        ("2026-03-04", "2026-03-04"),
        ("2026-3-4T00:00:00Z", "2026-03-04"),
        ("March 4, 2026", "2026-03-04"),
        ("4 March 2026", "2026-03-04"),
        ("0000-00-00", None),
        ("Wed, 30 Feb 2026 05:00:00 GMT", None),
        ("2026", None),
        ("soon", None),
        ("99999999999999999999", None),
        ("Wed, 04 Mar 99999 05:00:00 +9999", None),
    ],
)
def test_dates_as_feeds_write_them(date: str, day: str | None) -> None:
    published = paper(f"<pubDate>{date}</pubDate>").published_at
    assert (published.date().isoformat() if published else None) == day


def test_the_first_readable_date_counts() -> None:
    result = paper("<pubDate>soon</pubDate><dc:date/><dc:date>2026-03-04</dc:date>")
    assert result.published_at == datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("[ASAP] On tea", "On tea"),
        ("[Research Article] On tea", "On tea"),
        ("[PDF][B] On tea", "[PDF][B] On tea"),
        ("[Letter] [Open Access] On tea", "On tea"),
        ("[Re] On tea", "[Re] On tea"),
        ("[RETRACTED] On tea", "[RETRACTED] On tea"),
        ("[2+2] On tea", "[2+2] On tea"),
        ("On tea [Drinks]", "On tea"),
        ("On tea [Corrigendum]", "On tea [Corrigendum]"),
        ("Drinks, Vol. 12, Pages 1-9: On tea: a study", "On tea: a study"),
        ("On tea: volume 2 of a study", "On tea: volume 2 of a study"),
        ("On tea. (arXiv:2603.00001v1 [cs.CL] UPDATED)", "On tea"),
        ("On tea -- by Ana Lima, Bo Stone", "On tea"),
        ("On &lt;i&gt;tea&lt;/i&gt;.", "On tea"),
    ],
)
def test_additions_to_titles(title: str, expected: str) -> None:
    (result,) = papers(rss(f"<title>{title}</title><category>Drinks</category>"))
    assert result.title == expected


@pytest.mark.parametrize(
    "abstract",
    [
        "We published a volume of data in 2026.",
        "This article was published in Nature, Volume 5, Issue 3, and we refute it.",
        "Authors of papers: who are they?",
        "By studying tea, we learn.",
        "In Kettles, Volume 1, the author claims that tea is hot; here we show that it is.",
        "Summary statistics of teapots are given.",
        "Abstract algebra is applied to teapots.",
        "Accepted manuscripts are compared with their preprints.",
        "Read more papers and you drink more tea, as our data show in every country that we study.",
        "Ana Lima and Bo Stone were first to boil water; we ask why.",
    ],
)
def test_abstracts_that_look_like_citations_stay(abstract: str) -> None:
    assert paper(f"<description>{abstract}</description>").abstract == abstract
    markup = f"<description>&lt;p&gt;{abstract}&lt;/p&gt;&lt;p&gt;We end.&lt;/p&gt;</description>"
    assert paper(markup).abstract == f"{abstract} We end."


def test_a_feed_of_too_many_entries_is_cut_off() -> None:
    limits = Limits(entries=3)
    results = read_any_feed(
        rss(*(f"<title>T{n}</title>" for n in range(5))).encode(),
        url=URL,
        source="journal",
        limits=limits,
    )
    assert results[3:] == [BadRecord("the feed", "only the first 3 entries were read")]


HOSTILE = (
    "<item/>|<b>|&lt;p&gt;|A B, |doi:10.1/a |\n|Published online |[a] |(|<![CDATA[|<title>|<br>"
)


@pytest.mark.parametrize("piece", ["<item><title>T</title></item>", *HOSTILE.split("|")])
@pytest.mark.parametrize("place", ["", "title", "description", "dc:creator"])
def test_a_hostile_feed_of_100_kb_takes_less_than_a_second(place: str, piece: str) -> None:
    content = piece * (100_000 // len(piece))
    document = rss(f"<{place}>{content}</{place}>" if place else content)
    begun = time.process_time()
    try:
        read(document)
    except SourceError as error:
        assert "\n" not in str(error)  # noqa: PT017
    assert time.process_time() - begun < 1


# --- the source ------------------------------------------------------------------------------


def test_a_feed_is_fetched(site: Site) -> None:
    url = site.at("/rss", Answer(rss("<title>T</title><link>/1</link>")))
    with browsing() as web:
        (result,) = FeedSource(url, web, "blog", SourceMemory()).fetch(None)
    assert isinstance(result, Paper)
    assert (result.source, result.url) == ("blog", f"{site.url}/1")


def test_a_feed_that_moved_away(site: Site) -> None:
    url = site.at("/rss", Answer(status=404))
    with browsing() as web, pytest.raises(SourceError, match="404 Not Found"):
        list(FeedSource(url, web, "blog", SourceMemory()).fetch(None))


def test_a_feed_that_did_not_change(site: Site) -> None:
    url = site.at("/rss", Answer(rss("<title>T</title><link>/1</link>"), headers={"ETag": '"1"'}))
    memory = SourceMemory()
    with browsing() as web:
        assert len(list(FeedSource(url, web, "blog", memory).fetch(None))) == 1
        memory = SourceMemory(json.loads(json.dumps(memory.values)))
        assert list(FeedSource(url, web, "blog", memory).fetch(None)) == []
        assert len(list(FeedSource(f"{url}?all", web, "blog", memory).fetch(None))) == 1


def test_a_feed_that_was_not_read_to_its_end_is_read_again(site: Site) -> None:
    items = ("<title>T</title><link>/1</link>", "<title>U</title><link>/2</link>")
    url = site.at("/rss", Answer(rss(*items), headers={"ETag": '"1"'}))
    memory = SourceMemory()
    with browsing() as web:
        assert next(FeedSource(url, web, "blog", memory).fetch(None))
        assert memory.values == {}
        assert len(list(FeedSource(url, web, "blog", memory).fetch(None))) == 2
