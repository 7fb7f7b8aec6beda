"""The relevance model: how well a paper suits a profile, and why."""

import os

# Products here are many and small: OpenBLAS's threads would wait for each other more than they
# compute (2,000 profiles took 25 s of CPU with them, 7 s without). Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from digestmail.relevance.dense import Embedder
from digestmail.relevance.model import Model
from digestmail.relevance.rules import in_category
from digestmail.relevance.terms import Features

__all__ = ["Embedder", "Features", "Model", "in_category"]
