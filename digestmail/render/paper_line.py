"""The line of a paper: what it does, in the one or two sentences that a reader sees first.

A line written for this reader by the operator's language model goes first, then the summary of a
source, then the sentence of the abstract that states the contribution, then its first sentence.
All but sentences of the abstract are marked.
"""

from dataclasses import dataclass

from digestmail.domain import Paper
from digestmail.i18n import N_, Translatable
from digestmail.render.cleaning import clean, plain
from digestmail.text.contribution import contribution_line

LINE_LIMIT = 280  # characters: two lines of a mail, three of a telephone
_SOURCE_LIMIT = 40
_TITLE_LIMIT = 400


@dataclass(frozen=True, slots=True)
class PaperLine:
    """What a paper does, in plain text.

    ``mark`` says where a text comes from that is not the authors' own, as a Translatable.
    """

    text: str  # empty where the paper has no abstract and nobody summarised it
    mark: str = ""  # empty for sentences of the abstract
    title: str = ""  # in the reader's language, machine-written too; empty where it is not


def paper_line(paper: Paper, *, limit: int = LINE_LIMIT) -> PaperLine:
    """Return the line of a paper, at most ``limit`` characters."""
    if paper.written and (text := clean(paper.written.text, limit)):
        title = clean(paper.written.title, _TITLE_LIMIT)
        return PaperLine(text, Translatable(N_("machine-written")), title)
    if text := clean(paper.summary, limit):
        source = clean(paper.summary_source, _SOURCE_LIMIT)
        return PaperLine(text, Translatable(N_("summary by %(source)s"), source=source))
    return PaperLine(contribution_line(plain(paper.abstract), limit))
