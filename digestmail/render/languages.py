"""Composes the mails, each in the language of its reader."""

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

from jinja2.sandbox import SandboxedEnvironment

from digestmail.domain import DeliveryKind, Digest, Recipient
from digestmail.render.compiled import FragmentCache
from digestmail.render.context import DigestLinks, Quoted, Rendered
from digestmail.render.locale import SOURCE_LANGUAGE, Words, catalogues, lookup
from digestmail.render.renderer import LanguageRenderer

_TAGS = 256  # of readers that are remembered; an import may bring any


class Renderer:
    """The renderer of all mails; ``templates`` holds ``email/<kind>/{subject,body}...``.

    Safe to share between threads. A template that fails raises ConfigError naming file and line.
    """

    def __init__(self, templates: Path, *, service: str = "digestmail") -> None:
        self._templates = templates
        self._service = service
        self._fragments = FragmentCache()
        self._in_language = lru_cache(None)(self._new_renderer)  # as many as there are catalogues
        self._best_tag = lru_cache(_TAGS)(lambda tag: lookup(tag, self.words) or SOURCE_LANGUAGE)

    @cached_property
    def words(self) -> Mapping[str, Words]:
        """Return the words of each language that has a catalogue, by tag, English among them."""
        return catalogues(self._templates)

    @property
    def environment(self) -> SandboxedEnvironment:
        """Return the environment of the English templates."""
        return self.in_language(SOURCE_LANGUAGE).environment

    def in_language(self, tag: str) -> LanguageRenderer:
        """Return the renderer of the best language for a tag, which may be any reader's."""
        return self._in_language(self._best_tag(tag))

    def _new_renderer(self, tag: str) -> LanguageRenderer:
        return LanguageRenderer(
            self._templates, self.words[tag], service=self._service, fragments=self._fragments
        )

    @property
    def compiles(self) -> bool:
        """Return whether English digests are compiled, as far as their templates were tried."""
        return self.in_language(SOURCE_LANGUAGE).compiles

    def check(self) -> None:
        """Compile every template and render every mail from samples, in English.

        Raises ConfigError for a template that is missing or broken, and for a mail that lacks what
        it is sent for, such as its papers or its link. Other languages have the same templates, and
        translations with the same places.
        """
        self.in_language(SOURCE_LANGUAGE).check()

    def letter(
        self, kind: DeliveryKind, language: str = SOURCE_LANGUAGE, /, **values: str
    ) -> Rendered:
        """Return a mail without papers, with the values that ``MAILS`` names for its kind."""
        return self.in_language(language).letter(kind, **values)

    def digest(self, digest: Digest, reader: Recipient, links: DigestLinks) -> Rendered:
        """Return the daily mail; see ``LanguageRenderer.digest``."""
        return self.in_language(reader.language).digest(digest, reader, links)

    def quoted_digest(self, digest: Digest, reader: Recipient, links: DigestLinks) -> Quoted:
        """Return the daily mail encoded; see ``LanguageRenderer.quoted_digest``."""
        return self.in_language(reader.language).quoted_digest(digest, reader, links)
