"""The registry of author directories: a new one is a module of its own and one line here."""

from digestmail.directories import arxiv, dblp, openalex, orcid, semantic_scholar
from digestmail.directories.kind import DirectoryKind

# In the order in which their words count: the first that knows a person's name wins.
KINDS: tuple[DirectoryKind, ...] = (
    orcid.KIND,
    openalex.KIND,
    semantic_scholar.KIND,
    dblp.KIND,
    arxiv.KIND,
)
