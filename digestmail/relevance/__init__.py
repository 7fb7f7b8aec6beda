"""The relevance model: how well a paper suits a profile, and why."""

from digestmail.relevance.rules import in_category
from digestmail.relevance.scorer import LexicalScorer

__all__ = ["LexicalScorer", "in_category"]
