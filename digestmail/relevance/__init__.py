"""The relevance model: how well a paper suits a profile, and why."""

from digestmail.relevance.dense import Embedder
from digestmail.relevance.model import Model
from digestmail.relevance.rules import in_category
from digestmail.relevance.terms import Features

__all__ = ["Embedder", "Features", "Model", "in_category"]
