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
