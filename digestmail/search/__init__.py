"""Search: papers by words, names and meaning, among all there are, in milliseconds."""

from digestmail.search.exact import holds, matches, written_by
from digestmail.search.index import Hits, Index
from digestmail.search.query import Query, parsed
from digestmail.search.vector_file import VectorFile

__all__ = ["Hits", "Index", "Query", "VectorFile", "holds", "matches", "parsed", "written_by"]
