"""Turns a digest into the mail that is read: subject, plain text and HTML."""

from digestmail.render.cleaning import segments
from digestmail.render.context import DigestLinks, PaperLinks, Quoted, Rendered
from digestmail.render.languages import Renderer
from digestmail.render.renderer import HTML_BUDGET, encoded_size

__all__ = [
    "HTML_BUDGET",
    "DigestLinks",
    "PaperLinks",
    "Quoted",
    "Rendered",
    "Renderer",
    "encoded_size",
    "segments",
]
