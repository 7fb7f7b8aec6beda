"""The one Jinja environment, for mails and web pages alike."""

import traceback
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import CodeType

from jinja2 import (
    BytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket
from jinja2.sandbox import SandboxedEnvironment

from digestmail.addresses import readable_address
from digestmail.errors import ConfigError
from digestmail.render.compiled import deferrable
from digestmail.render.encoding import typeset
from digestmail.render.locale import ENGLISH, Words
from digestmail.render.wrapping import wrap
from digestmail.text import excerpt


def make_environment(templates: Path, words: Words = ENGLISH, **names: str) -> SandboxedEnvironment:
    """Return an environment for templates in one language; every template knows ``names``.

    Everything is escaped except in templates that end in ``.txt``. An unknown name is an error.
    """
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(templates),
        autoescape=_escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=_bytecode(words.language),
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        words.translations, newstyle=True
    )
    environment.filters.update(
        counted=counted,
        grouped=words.grouped,
        listed=words.listed,
        listed_day=words.listed_day,
        long_day=words.long_day,
        month=words.month,
        readable_address=readable_address,
        sentence=words.sentence,
        sentences=words.sentences,
        short_day=words.short_day,
        said=words.translated,
        shorten=deferrable(excerpt),
        typeset=deferrable(typeset),
        unbroken=deferrable(unbroken),
        wrap=deferrable(wrap),
    )
    environment.globals.update(names, language=words.language, direction=words.direction)
    return environment


class _TemplateBytecode(BytecodeCache):
    """The bytecode of the templates of a language, for all environments of it.

    Compiling all takes 0.7 s, and mails and pages have the same. Filters of constants are computed
    on compiling, in their language, so another language compiles anew.
    """

    def __init__(self) -> None:
        self._codes: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._codes.get(bucket.key, ("", None))
        bucket.code = code if checksum == bucket.checksum else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key] = (bucket.checksum, bucket.code)


@cache
def _bytecode(_language: str) -> _TemplateBytecode:
    return _TemplateBytecode()


def _escaped(name: str | None) -> bool:
    return not (name or "").endswith(".txt")


# --- filters ---------------------------------------------------------------------------------


def counted(number: int, noun: str) -> str:
    """Return ``1 paper``, ``2 papers`` or ``1,200 papers``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def unbroken(text: str) -> str:
    """Return ``text`` with no-break spaces."""
    return text.replace(" ", "\u00a0")


# --- broken templates ------------------------------------------------------------------------


def compile_all(environment: SandboxedEnvironment, needed: Sequence[str]) -> None:
    """Compile every .html and .txt template, the ``needed`` ones first.

    Raises ConfigError for the first that is missing or broken.
    """
    for name in [*needed, *environment.list_templates(extensions=["html", "txt"])]:
        try:
            environment.get_template(name)
        except (TemplateError, UnicodeDecodeError) as error:
            raise broken(name, error) from error


def broken(name: str, error: Exception) -> ConfigError:
    """Return the ConfigError that says which template fails, on which line and why."""
    file, line = _place(error)
    where = f"{file or name}, line {line}" if line else name
    return ConfigError(f"template {where}: {_problem(error)}; correct it or restore the original")


def _place(error: Exception) -> tuple[str | None, int | None]:
    if isinstance(error, TemplateSyntaxError):
        return error.filename, error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    in_template = [f for f in frames if f.filename.endswith((".html", ".txt"))]
    return (in_template[-1].filename, in_template[-1].lineno) if in_template else (None, None)


def _problem(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, TemplateNotFound):
        return f"{error.name} is missing"
    if isinstance(error, TemplateError):
        return " ".join(str(error).split())
    return " ".join(f"{type(error).__name__}: {error}".split())
