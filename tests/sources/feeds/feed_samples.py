"""Entries of feeds in the shapes that publishers and programs give them; texts are invented."""

from dataclasses import dataclass
from html import escape

SPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:arxiv="http://arxiv.org/schemas/atom"'
)
TEXT = "We show that kettles whistle in tune when they are filled to the brim."
PEOPLE = ("Ana Lima", "Bo Stone", "Chen Wu")


def rss(*items: str) -> str:
    """An RSS 2.0 document of some items."""
    inner = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0"?><rss version="2.0" {SPACES}><channel><title>J</title>'
        f"<link>https://journal.example/</link>{inner}</channel></rss>"
    )


def rdf(*items: str) -> str:
    """An RSS 1.0 document of some items."""
    inner = "".join(f'<item rdf:about="https://journal.example/a">{item}</item>' for item in items)
    return (
        f'<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" {SPACES}>'
        f'<channel rdf:about="x"><title>J</title></channel>{inner}</rdf:RDF>'
    )


def atom(*entries: str) -> str:
    """An Atom document of some entries."""
    inner = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" {SPACES}>'
        f"<title>J</title>{inner}</feed>"
    )


def described(markup: str) -> str:
    """A description that holds escaped markup."""
    return f"<description>{escape(markup)}</description>"


def encoded(markup: str) -> str:
    """Full content that holds markup in CDATA."""
    return f"<content:encoded><![CDATA[{markup}]]></content:encoded>"


@dataclass(frozen=True)
class Sample:
    """A document of one entry, and what is to be read of it."""

    name: str
    document: str
    title: str = "On Singing Kettles"
    authors: tuple[str, ...] = PEOPLE
    abstract: str = TEXT
    key: str = "doi:10.5555/tea.1"


TITLE = "<title>On Singing Kettles</title>"
LINK = "<link>https://journal.example/doi/10.5555/tea.1?af=R</link>"
CREATORS = "".join(f"<dc:creator>{name}</dc:creator>" for name in PEOPLE)
LISTED = "<dc:creator>Ana Lima, Bo Stone, Chen Wu</dc:creator>"

SAMPLES = (
    Sample(
        "Sage: a citation and the abstract in one description",
        rss(TITLE + LINK + described(f"Journal of Kettles, Ahead of Print. <br/>{TEXT}") + LISTED),
    ),
    Sample(
        "Taylor & Francis: only a citation",
        rss(
            TITLE + LINK + described("Volume 12, Issue 3, March 2026, Page 101-120<br/>. ") + LISTED
        ),
        abstract="",
    ),
    Sample(
        "ACM: volume, issue, pages, abstract",
        rss(
            TITLE
            + LINK
            + described(
                "ACM Transactions on Kettles, Volume 45, Issue 1, Page 1-15, January 2026. <br/>"
                + TEXT
            )
            + "<dc:creator>Ana Lima, Bo Stone and Chen Wu</dc:creator>"
        ),
    ),
    Sample(
        "PNAS: significance and abstract, a topic behind the title",
        rss(
            "<title>On Singing Kettles [Applied Physics]</title>"
            + LINK
            + described(
                "Proceedings of the National Academy of Kettles, Volume 123, Issue 1, January 2026."
                f" <br/>{TEXT}"
            )
            + "<category>Applied Physics</category>"
            + CREATORS
        ),
    ),
    Sample(
        "Science: the kind of paper before the title",
        rdf(
            "<title>[Research Articles] On Singing Kettles</title>"
            + LINK
            + f"<description>{TEXT} Authors: Ana Lima, Bo Stone, Chen Wu</description>"
            + CREATORS
        ),
    ),
    Sample(
        "RSC: citation, authors, abstract and advice in one description",
        rss(
            TITLE
            + "<link>http://pubs.example/en/Content/ArticleLanding/2026/SC/D5SC00001A</link>"
            + described(
                "<div><i><b>Kettle Sci.</b></i>, 2026, <b>Advance Article</b><br/><b>DOI</b>:"
                " 10.5555/tea.1, Edge Article</div><div>Ana Lima, Bo Stone, Chen Wu<br/>"
                f"{TEXT}<br/>To cite this article before page numbers are assigned, use the DOI"
                " form of citation above.<br/>The content of this RSS Feed (c) The Royal Society"
                " of Kettles</div>"
            )
        ),
    ),
    Sample(
        "OUP: marked sections",
        rss(
            TITLE
            + LINK
            + described(
                f'<span class="paragraphSection"><div class="boxTitle">Abstract</div>{TEXT}</span>'
            )
            + "".join(f"<author>{name}</author>" for name in PEOPLE)
        ),
    ),
    Sample(
        "AIP: a citation before the abstract, without a break",
        rss(
            TITLE
            + LINK
            + f"<description>Journal of Applied Kettles, Volume 139, Issue 1, January 2026. {TEXT}"
            "</description>" + LISTED
        ),
    ),
    Sample(
        "MDPI: journal and page before the title, everything in paragraphs",
        rdf(
            "<title>Kettles, Vol. 26, Pages 123: On Singing Kettles</title>"
            "<link>https://www.mdpi.example/1424/26/1/123</link>"
            + encoded(
                "<p><b>Kettles, Vol. 26, Pages 123: On Singing Kettles</b></p>\n"
                '<p>Kettles <a href="https://www.mdpi.example/1424/26/1/123">doi: 10.5555/tea.1'
                f"</a></p>\n<p>Authors:\nAna Lima\nBo Stone\nChen Wu\n</p>\n<p>{TEXT}</p>"
            )
            + CREATORS
            + "<prism:doi>10.5555/tea.1</prism:doi>"
        ),
    ),
    Sample(
        "PubMed: citation, heading, abstract, identifiers",
        rss(
            "<title>On Singing Kettles.</title>"
            "<link>https://pubmed.ncbi.nlm.nih.gov/40000001/?utm_source=Other&amp;fc=1</link>"
            + "<description><![CDATA[<p>J Kettle Res. 2026 Jan 5;12(1):1-9. doi: 10.5555/tea.1."
            f" Online ahead of print.</p><p><b>ABSTRACT</b></p><p>{TEXT}</p><p>PMID:<a"
            ' href="https://pubmed.ncbi.nlm.nih.gov/40000001/">40000001</a> | DOI:<a'
            ' href="https://doi.org/10.5555/tea.1">10.5555/tea.1</a></p>]]></description>'
            + '<guid isPermaLink="false">pubmed:40000001</guid>'
            + CREATORS
            + "<dc:identifier>pmid:40000001</dc:identifier>"
            "<dc:identifier>doi:10.5555/tea.1</dc:identifier>"
        ),
    ),
    Sample(
        "PLOS: authors at the start of the content",
        atom(
            TITLE + "<id>10.5555/tea.1</id><link href='https://plos.example/article?id=1'/>"
            "<author><name>Ana Lima</name></author><author><name>Bo Stone</name></author>"
            "<author><name>Chen Wu</name></author>"
            f"<content type='html'>{escape(f'<p>by Ana Lima, Bo Stone, Chen Wu</p> {TEXT}')}"
            "</content>"
        ),
    ),
    Sample(
        "Springer: a heading that is glued to the abstract",
        rss(
            TITLE
            + "<guid>https://link.springer.example/article/10.5555/tea.1</guid>"
            + f"<description>Abstract{TEXT}</description>"
            + "<dc:creator>Lima, Ana</dc:creator><dc:creator>Stone, Bo</dc:creator>"
            "<dc:creator>Wu, Chen</dc:creator>"
        ),
    ),
    Sample(
        "IOP: authors joined by and",
        rdf(
            TITLE
            + LINK
            + f"<description>{TEXT}</description>"
            + "<dc:creator>Ana Lima, Bo Stone and Chen Wu</dc:creator>"
            "<dc:identifier>doi:10.5555/tea.1</dc:identifier>"
        ),
    ),
    Sample(
        "OJS: roles of the authors",
        rss(
            TITLE
            + LINK
            + described(f"<p>{TEXT}</p>")
            + "<dc:creator>Ana Lima (Author)</dc:creator><dc:creator>Bo Stone (Author)</dc:creator>"
            "<dc:creator>Chen Wu (Autor/a)</dc:creator>"
        ),
    ),
    Sample(
        "Copernicus: title, authors and citation before the abstract",
        rss(
            TITLE
            + "<link>https://doi.org/10.5555/tea.1</link>"
            + described(
                "<b>On Singing Kettles</b><br>\n Ana Lima, Bo Stone, and Chen Wu<br>\n"
                " Atmos. Kettle Phys., 26, 1&ndash;20, https://doi.org/10.5555/tea.1, 2026<br>\n"
                + TEXT
            )
        ),
    ),
    Sample(
        "NBER: authors behind the title",
        rss(
            "<title>On Singing Kettles -- by Ana Lima, Bo Stone, Chen Wu</title>"
            "<link>https://papers.nber.example/w99999#fromrss</link>"
            f"<description>{TEXT}</description>"
            "<guid>https://papers.nber.example/w99999</guid>"
        ),
        key="",
    ),
    Sample(
        "Optica: authors before and citation behind",
        rss(
            TITLE
            + LINK
            + described(
                f"Author(s): Ana Lima, Bo Stone, and Chen Wu<br/>{TEXT}<br/>"
                "[Opt. Kettles 34, 101 (2026)] Published Tue Jan 06, 2026"
            )
        ),
    ),
    Sample(
        "ScienceDirect of earlier years: the abstract behind the authors",
        rss(
            TITLE
            + described(
                "<b>Publication date: </b>July 2026 <br /> <b>Source:</b>Kettle Engineering,"
                " Volume 90 <br /> Author(s): Ana Lima , Bo Stone , Chen Wu <br /> " + TEXT
            )
            + "<link>https://sd.example/science/article/pii/S1096717626000001?dgcid=rss_sd_all"
            "</link><guid>https://sd.example/science/article/pii/S1096717626000001</guid>"
        ),
        key="",
    ),
    Sample(
        "Lancet and Cell: a kind before the title, authors in one element",
        rdf(
            "<title>[Articles] On Singing Kettles</title>"
            + LINK
            + f"<description>{TEXT}</description>"
            + LISTED
        ),
    ),
    Sample(
        "a blog: a teaser and the whole text",
        rss(
            TITLE
            + "<link>https://blog.example/p/kettles</link>"
            + "<description>We show that kettles…</description>"
            + encoded(f"<p>{TEXT}</p><p>The post On Singing Kettles appeared first on Tea.</p>")
            + "<dc:creator><![CDATA[Ana Lima]]></dc:creator>"
        ),
        authors=("Ana Lima",),
        key="",
    ),
    Sample(
        "the RSS that arXiv had before 2024",
        rdf(
            "<title>On Singing Kettles. (arXiv:2603.00001v1 [cs.CL])</title>"
            "<link>http://arxiv.org/abs/2603.00001</link>"
            + described(f"<p>{TEXT}</p>")
            + '<dc:creator>&lt;a href="http://arxiv.org/find/au:+Lima_A"&gt;Ana Lima&lt;/a&gt;,'
            ' &lt;a href="x"&gt;Bo Stone&lt;/a&gt; (1), &lt;a href="y"&gt;Chen Wu&lt;/a&gt; ((1) T'
            "ea University, Kettle Town)</dc:creator>"
        ),
        key="arxiv:2603.00001",
    ),
    Sample(
        "a feed of Scholar's mails: kind of file before the title, a line of authors and place",
        rss(
            "<title>[PDF] On Singing Kettles</title>"
            "<link>https://journal.example/doi/10.5555/tea.1</link>"
            + described(f"A Lima, B Stone, C Wu - Journal of Kettles, 2026 - tea.example<br>{TEXT}")
        ),
        authors=("A Lima", "B Stone", "C Wu"),
    ),
)


def item(*elements: str, title: str = TITLE, link: str = LINK) -> str:
    """An RSS document of one item."""
    return rss(title + link + "".join(elements))


MORE = (
    Sample(
        "Elsevier without markup",
        item(
            "<description>Publication date: July 2026 Source: Kettle Engineering, Volume 90"
            " Author(s): Ana Lima, Bo Stone, Chen Wu</description>",
            LISTED,
        ),
        abstract="",
    ),
    Sample(
        "Nature without markup: the DOI is glued to the abstract",
        item(
            "<description>Nature Kettles, Published online: 13 May 2026; doi:10.5555/tea.1"
            f"{TEXT}</description>",
            CREATORS,
            "<prism:doi>10.5555/tea.1</prism:doi>",
        ),
    ),
    Sample(
        "Science Advances: volume, issue, month, then the abstract in a paragraph",
        item(
            described(f"Kettle Advances, Volume 12, Issue 3, January 2026. <p>{TEXT}</p>"),
            CREATORS,
        ),
    ),
    Sample(
        "INFORMS and SIAM: Abstract and a full stop before it",
        item(
            described(
                "SIAM Journal on Kettles, Volume 55, Issue 1, Page 1-40, February 2026. <br/>"
                f" Abstract. {TEXT}"
            ),
            LISTED,
        ),
    ),
    Sample(
        "ACS of today: an image, a journal, a DOI",
        item(
            described(
                "<p><img alt='TOC' src='https://x.example/a.gif'/></p><div><cite>Kettle Letters"
                "</cite></div><div>DOI: 10.5555/tea.1</div>"
            ),
            "<dc:creator>Ana Lima, Bo Stone, and Chen Wu</dc:creator>",
            title="<title>[ASAP] On Singing Kettles</title>",
        ),
        abstract="",
    ),
    Sample(
        "Frontiers: several author elements and a category",
        item(
            "<category>Original Research</category>",
            "".join(f"<author>{name}</author>" for name in PEOPLE),
            f"<description><![CDATA[{TEXT}]]></description>",
            "<guid isPermaLink='true'>https://front.example/articles/10.5555/tea.1</guid>",
            link="<link>https://front.example/articles/10.5555/tea.1/full</link>",
        ),
    ),
    Sample(
        "eLife: authors with their addresses, twice",
        item(
            *(f"<author>{name[0].lower()}@x.example ({name})</author>" for name in PEOPLE),
            CREATORS,
            f"<description>{TEXT}</description>",
        ),
    ),
    Sample(
        "IEEE: early access, authors divided by semicolons",
        item(
            "<authors>Ana Lima;Bo Stone;Chen Wu;</authors>",
            f"<description>{TEXT}</description>",
            "<pubDate>THURSDAY, 08 JANUARY 2026 09:17:25.000+0000</pubDate>",
            "<prism:doi>10.5555/tea.1</prism:doi>",
            link="<link>http://ieee.example/document/1</link>",
        ),
    ),
    Sample(
        "authors as elements in an element",
        item(
            "<authors><author>Ana Lima</author><author>Bo Stone</author><author><name>Chen Wu"
            "</name></author></authors>",
            f"<description>{TEXT}</description>",
        ),
    ),
    Sample(
        "medRxiv: APA's list of names, with an ampersand",
        rdf(
            TITLE
            + "<link>http://medrxiv.org/cgi/content/short/2026.01.02.123456v1?rss=1</link>"
            + f"<description><![CDATA[\n{TEXT}\n]]></description>"
            + "<dc:creator><![CDATA[ Lima, A., Stone, B. J., & van den Berg, C. ]]></dc:creator>"
            + "<dc:identifier>doi:10.1101/2026.01.02.123456</dc:identifier>"
        ),
        authors=("A. Lima", "B. J. Stone", "C. van den Berg"),
        key="doi:10.1101/2026.01.02.123456",
    ),
    Sample(
        "ChemRxiv: the arXiv id of the paper, and a DOI of its own",
        item(
            "<dc:identifier>arXiv:2603.00001v2</dc:identifier><dc:identifier>10.5555/tea.1"
            "</dc:identifier>",
            CREATORS,
            described(f"<p>{TEXT}</p>"),
        ),
        key="arxiv:2603.00001",
    ),
    Sample(
        "Cambridge: Atom with an xhtml summary",
        atom(
            TITLE + "<id>https://cup.example/core/1</id>"
            "<link rel='self' href='https://cup.example/feed'/>"
            "<link rel='alternate' href='https://doi.org/10.5555/tea.1'/>"
            + "".join(
                f"<author><name>{n}</name><email>x@y.example</email></author>" for n in PEOPLE
            )
            + "<summary type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><h2>Abstract</h2>"
            f"<p>{TEXT}</p></div></summary>"
        ),
    ),
    Sample(
        "Atom 0.3",
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><title>J</title><entry>"
        f"{TITLE}<link rel='alternate' type='text/html' href='https://doi.org/10.5555/tea.1'/>"
        "<author><name>Ana Lima, Bo Stone and Chen Wu</name></author><id>tag:x,2026:1</id>"
        f"<issued>2026-01-05T00:00:00Z</issued><summary type='text/plain'>{TEXT}</summary></entry>"
        "</feed>",
    ),
    Sample(
        "RSS 0.92 in capitals, without a namespace",
        "<RSS version='0.92'><CHANNEL><ITEM><TITLE>On Singing Kettles</TITLE><LINK>"
        "https://doi.org/10.5555/tea.1</LINK><AUTHOR>Ana Lima; Bo Stone; Chen Wu</AUTHOR>"
        f"<DESCRIPTION>{TEXT}</DESCRIPTION></ITEM></CHANNEL></RSS>",
    ),
    Sample(
        "RSS 0.90",
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>J</title></channel><item>'
        f"{TITLE}<link>https://doi.org/10.5555/tea.1</link></item></rdf:RDF>",
        authors=(),
        abstract="",
    ),
    Sample(
        "RSS 0.91 with Netscape's document type",
        '<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://my.netscape.com/publish/formats/'
        f'rss-0.91.dtd"><rss version="0.91"><channel><item>{TITLE}<link>'
        f"https://doi.org/10.5555/tea.1</link><description>{TEXT}</description></item></channel>"
        "</rss>",
        authors=(),
    ),
    Sample(
        "other prefixes for known namespaces",
        '<rss version="2.0" xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:c='
        '"http://purl.org/rss/1.0/modules/content/" xmlns:p='
        f'"http://prismstandard.org/namespaces/basic/3.0/"><channel><item>{TITLE}'
        "<d:creator>Ana Lima</d:creator><d:creator>Bo Stone</d:creator><d:creator>Chen Wu"
        "</d:creator>"
        f"<c:encoded>{TEXT}</c:encoded><p:doi>10.5555/tea.1</p:doi></item></channel></rss>",
    ),
    Sample(
        "prefixes that nobody declared",
        f'<rss version="2.0"><channel><item>{TITLE}{CREATORS}<content:encoded>{TEXT}'
        "</content:encoded><prism:doi>10.5555/tea.1</prism:doi><foo:bar>x</foo:bar></item></channel>"
        "</rss>",
    ),
    Sample(
        "elements twice, and empty ones",
        item(
            "<title/><dc:title>On Singing Kettles</dc:title><link/><description/><description>",
            f"{TEXT}</description><content:encoded/><dc:creator/>{CREATORS}<dc:creator> ",
            "</dc:creator>",
            "<guid/><pubDate/><prism:doi/><prism:doi>10.5555/tea.1</prism:doi><category/>",
            title="<title> </title>",
        ),
    ),
    Sample(
        "identifiers with attributes",
        item(
            f"<description>{TEXT}</description>{CREATORS}",
            '<dc:identifier xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type='
            '"dcterms:URI">https://doi.org/10.5555/tea.1</dc:identifier>',
            link="<link>https://ojs.example/index.php/k/article/view/1</link>",
        ),
    ),
    Sample(
        "PubMed without abstract",
        item(
            "<description><![CDATA[<p>J Kettle Res. 2026 Jan 5:1-9. doi: 10.5555/tea.1. Online"
            " ahead of print.</p><p><b>NO ABSTRACT</b></p><p>PMID:40000001 | DOI:10.5555/tea.1</p>"
            "]]></description><guid isPermaLink='false'>pubmed:40000001</guid>",
            CREATORS,
            link="<link>https://pubmed.ncbi.nlm.nih.gov/40000001/</link>",
        ),
        abstract="",
    ),
    Sample(
        "PubMed without DOI: known by its number",
        item(
            f"<description>{TEXT}</description><guid isPermaLink='false'>pubmed:40000001</guid>",
            CREATORS,
            link="<link>https://pubmed.ncbi.nlm.nih.gov/40000001/?utm_source=x</link>",
        ),
        key="pmid:40000001",
    ),
    Sample(
        "Euclid: authors, source, a heading",
        item(
            described(
                "<strong>Ana Lima</strong>, <strong>Bo Stone</strong>, <strong>Chen Wu</strong>."
                "<p><strong>Source: </strong>Kettles, Volume 32, Number 1, 1--20.</p>"
                f"<p><strong>Abstract:</strong><br/>{TEXT}</p>"
            )
        ),
    ),
    Sample(
        "HighWire: headings of a structured abstract stay",
        item(
            described(
                "<sec><st>Objective</st><p>To hear kettles.</p></sec><sec><st>Methods</st>"
                "<p>We listened.</p></sec>"
            ),
            CREATORS,
            title="<title>[Original Research] On Singing Kettles</title>",
        ),
        abstract="Objective To hear kettles. Methods We listened.",
    ),
    Sample(
        "a WordPress blog: a teaser with a link, the text, a notice",
        item(
            "<description><![CDATA[<p>We show [&#8230;]</p><p>The post <a href='x'>On Singing"
            " Kettles</a> appeared first on <a href='y'>Tea</a>.</p>]]></description>",
            encoded(
                f"<p>{TEXT}</p><p>The post <a href='x'>On Singing Kettles</a> appeared first on"
                " <a href='y'>Tea</a>.</p>"
            ),
            "<dc:creator>Ana Lima</dc:creator>",
        ),
        authors=("Ana Lima",),
    ),
    Sample(
        "degrees and marks behind names",
        item(
            f"<description>{TEXT}</description>",
            "<dc:creator>Ana Lima, MD, PhD; Bo Stone&lt;sup&gt;1,2&lt;/sup&gt;; Chen Wu, MSc"
            "</dc:creator>",
        ),
    ),
    Sample(
        "no authors",
        item(f"<description>{TEXT}</description><author>noreply@x.example</author>"),
        authors=(),
    ),
    Sample(
        "APS in one line, with the known authors before the abstract",
        item(
            f"<description>Author(s): Ana Lima, Bo Stone, and Chen Wu {TEXT} [Phys. Rev. K 113,"
            " 014401] Published Mon Jan 05, 2026</description>",
            "<dc:creator>Ana Lima, Bo Stone, and Chen Wu</dc:creator>",
        ),
    ),
    Sample(
        "a consortium among inverted names",
        item(
            f"<description>{TEXT}</description>",
            "<dc:creator>Lima, A. B., Stone, B., Kettle Consortium, Wu, C.</dc:creator>",
        ),
        authors=("A. B. Lima", "B. Stone", "Kettle Consortium", "C. Wu"),
    ),
    Sample(
        "RSC with volume and pages",
        item(
            described(
                "<div><i><b>Kettle Sci.</b></i>, 2026, <b>12</b>,1-9<br/><b>DOI</b>: 10.5555/tea.1,"
                f" Paper</div><div><img src='x'/>Ana Lima, Bo Stone, Chen Wu<br/>{TEXT}</div>"
            ),
        ),
    ),
    Sample(
        "a statement of significance glued to the abstract",
        item(f"<description>SignificanceTea matters.Abstract{TEXT}</description>", LISTED),
    ),
    Sample(
        "headings of sections glued to their texts",
        item("<description>BackgroundTea is hot.MethodsWe boil.</description>", LISTED),
        abstract="Background: Tea is hot. Methods: We boil.",
    ),
    Sample(
        "a copyright behind the abstract",
        item(
            f"<description>{TEXT} © 2026 The Authors. Published by Tea B.V. All rights reserved."
            "</description>",
            LISTED,
        ),
    ),
)
