"""The relevance model: how well a paper suits a profile, and why."""

from digestmail.relevance.features.embeddings import Embedder, embedder_of
from digestmail.relevance.features.terms import Features
from digestmail.relevance.model import Model
from digestmail.relevance.parameters import PARAMETERS, ModelParameters
from digestmail.relevance.scoring.filters import in_category

__all__ = [
    "PARAMETERS",
    "Embedder",
    "Features",
    "Model",
    "ModelParameters",
    "embedder_of",
    "in_category",
]
