"""The error of a file that cannot be read, with the files that can be."""

KINDS = (
    "a BibTeX, RIS, PubMed, EndNote, Web of Science, OPML or CSV file, a Zotero export, CSL JSON or"
    " a list of identifiers"
)
EXPORT = "export it as BibTeX or RIS"


class UnreadableFileError(ValueError):
    """The whole file cannot be read; the message has the reason and the remedy."""

    def __init__(self, why: str, advice: str = f"use {KINDS}") -> None:
        super().__init__(f"{why}; {advice}")
