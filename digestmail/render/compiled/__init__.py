"""The template compiler: digests put together from text that is rendered and encoded once.

This is its only entry; ``docs/rendering.md`` follows one paper through it.
"""

from digestmail.render.compiled.assembler import DigestAssembler, FragmentCache
from digestmail.render.compiled.placeholders import NotCompilableError, deferrable

__all__ = ["DigestAssembler", "FragmentCache", "NotCompilableError", "deferrable"]
