"""Answers of arXiv's OAI-PMH service about invented papers."""


def record(number: str = "2603.00001", changed: str = "2026-03-04", **parts: str) -> str:
    """A record as arXiv writes it, of an invented paper; ``parts`` replace elements, "" drops."""
    elements = {
        "id": f"<id>{number}</id>",
        "created": "<created>2026-03-02</created>",
        "updated": "",
        "authors": "<authors><author><keyname>Kettle</keyname><forenames>Ada</forenames></author>"
        "<author><keyname>Spout</keyname><forenames>Bo</forenames><suffix>Jr.</suffix></author>"
        "<author><keyname>The Teapot Collaboration</keyname></author></authors>",
        "title": f"<title>On the sleep of\n  teapots {number}</title>",
        "categories": "<categories>cs.AI stat.ML</categories>",
        "abstract": "<abstract>  We watch $n &lt; 7$\nteapots.\n</abstract>",
    }
    return (
        f"<record><header><identifier>oai:arXiv.org:{number}</identifier>"
        f"<datestamp>{changed}</datestamp><setSpec>cs:cs:AI</setSpec></header>"
        "<metadata><arXiv xmlns='http://arxiv.org/OAI/arXiv/'>"
        f"{''.join((elements | parts).values())}</arXiv></metadata></record>"
    )


def envelope(content: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>2026-03-05T03:00:00Z</responseDate>{content}</OAI-PMH>"
    )


def page(*records: str, token: str = "") -> str:
    more = f"<resumptionToken expires='2026-03-06T00:00:00Z'>{token}</resumptionToken>"
    return envelope(f"<ListRecords>{''.join(records)}{more if token else ''}</ListRecords>")


def failure(code: str, told: str = "So it is.") -> str:
    return envelope(f'<error code="{code}">{told}</error>')
