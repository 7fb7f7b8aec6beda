"""Sources of papers.

``kind`` is the declaration of a kind and ``registry`` the list of all; ``arxiv``, ``services``,
``feeds`` and ``files`` hold them. They read over ``http`` and put papers into one form by
``normalise``.
"""
