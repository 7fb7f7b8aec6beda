"""Posted forms as texts by field, and forms as they are shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request

from digestmail.errors import FormError, InputError
from digestmail.i18n import N_, Translatable
from digestmail.sources.files.reference_library import FIELD, LARGEST
from digestmail.sources.files.text_formats import FOREIGN_ENDINGS
from digestmail.web.shared.corrections import Correction, corrected, corrections

Texts = Mapping[str, str]

FINGERPRINT = "seen"  # the hidden field that changes with the values a form was filled with
_MAX_FIELDS = 60
_UNTICKED = {"weekdays": "", "send_empty": "no"}  # browsers leave out boxes that are not ticked


@dataclass(frozen=True, slots=True)
class Upload:
    """The file of a form."""

    filename: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PostedForm:
    """A posted form: its texts by field, and the file if there was one."""

    texts: dict[str, str]
    upload: Upload | None = None


async def _posted_form(request: Request) -> PostedForm:
    """Read a form of either encoding; a repeated field is joined by commas.

    The correction whose button was pressed is in the texts already.
    """
    texts: dict[str, list[str]] = {}
    upload = None
    async with request.form(max_files=1, max_fields=_MAX_FIELDS) as form:
        for name, value in form.multi_items():
            if isinstance(value, str):
                texts.setdefault(name, []).append(value)
            elif name == FIELD and value.filename:  # an empty one where none was chosen
                upload = Upload(value.filename, await value.read())
    joined = {name: ",".join(values) for name, values in texts.items()}
    return PostedForm(corrected(joined), upload)


async def _posted_texts(posted: Annotated[PostedForm, Depends(_posted_form)]) -> dict[str, str]:
    return posted.texts


Posted = Annotated[PostedForm, Depends(_posted_form)]
PostedTexts = Annotated[dict[str, str], Depends(_posted_texts)]


@dataclass(frozen=True, slots=True)
class FormView:
    """A form as it is shown. ``prefix`` keeps its ids apart from those of others on the page."""

    values: Texts
    problems: Texts = field(default_factory=dict)
    prefix: str = ""

    @property
    def largest_file(self) -> int:
        """Return how many bytes of a file are read."""
        return LARGEST

    @property
    def foreign_files(self) -> str:
        """Return the endings of files that only their own program can read, with commas."""
        return ",".join(FOREIGN_ENDINGS)

    def uses(self, *names: str) -> bool:
        """Return whether one of these fields has a text or a problem."""
        return any(self.values.get(name) or name in self.problems for name in names)

    def corrections(self, name: str) -> list[Correction]:
        """Return what the problem of a field offers in place of a slip."""
        return list(corrections(self.problems, name))

    def retry(self, typed: Texts, problems: Texts) -> "FormView":
        """Return the form with the texts that were typed, and what is wrong with them."""
        values = {**self.values, **with_unticked(typed, self.values)}
        if FINGERPRINT in self.values:  # pressed again it is a form of what is stored now
            values[FINGERPRINT] = self.values[FINGERPRINT]
        return replace(self, values=values, problems=problems)


def with_unticked(texts: Texts, names: Iterable[str]) -> dict[str, str]:
    """Return the texts of some fields, with the meaning of boxes that were left out."""
    return {
        name: texts.get(name, _UNTICKED.get(name, ""))
        for name in names
        if name in texts or name in _UNTICKED
    }


def problems_of(error: InputError) -> dict[str, str]:
    """Return the problem of each field."""
    return error.problems if isinstance(error, FormError) else {error.field: error.message}


def fingerprint(texts: Texts) -> dict[str, str]:
    """Return the hidden field that changes with the stored values a form was filled with."""
    return {FINGERPRINT: sha256(repr(sorted(texts.items())).encode()).hexdigest()[:16]}


def check_unchanged(posted: Texts, stored: Texts, field: str) -> None:
    """Raise a FormError of ``field`` when a form was filled with other values than are stored."""
    if FINGERPRINT not in posted or posted[FINGERPRINT] == fingerprint(stored)[FINGERPRINT]:
        return
    text = N_(
        "this was changed in another window or by another link; press the button again to save "
        "what you see here"
    )
    raise FormError({field: Translatable(text)})
