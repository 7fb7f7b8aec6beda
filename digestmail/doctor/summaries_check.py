"""Check of the language model that writes lines: whether it answers, and how fast."""

import time
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from digestmail.config import Settings
from digestmail.doctor.check import Check, attempt
from digestmail.domain import Paper
from digestmail.errors import EndpointError
from digestmail.language_model.endpoint import Endpoint, EndpointSettings
from digestmail.language_model.prompts import line_prompt
from digestmail.language_model.replies import UnusableReplyError, read_line

_PAPER = Paper(
    key="doctor:1",
    title="Melt ponds on Arctic sea ice in July",
    abstract="Melt ponds darken sea ice. We introduce a model of melt ponds on Arctic sea ice and"
    " show that ponds double the melting of the ice in July.",
)


def examine_summaries(settings: Settings) -> Iterator[Check]:
    """Have one line written about a sample; nothing where no language model is set."""
    chosen = settings.summaries
    if not chosen.is_on:
        return
    key = chosen.api_key.get_secret_value()
    yield attempt("summaries", lambda: _answer(settings))
    address = urlsplit(chosen.url)
    if key and address.scheme == "http" and not _is_near(address.hostname or ""):
        text = f"{chosen.url} is not https: summaries.api_key travels there for all to read"
        yield Check("summaries", None, text)


def _answer(settings: Settings) -> str:
    chosen = settings.summaries
    key = chosen.api_key.get_secret_value()
    begun = time.monotonic()
    with Endpoint(EndpointSettings(chosen.url, chosen.model, key, chosen.timeout)) as endpoint:
        completion = endpoint.complete(line_prompt(_PAPER))
    seconds = time.monotonic() - begun
    try:
        read_line(completion.text, _PAPER)
    except UnusableReplyError as error:
        text = f"the model {chosen.model} writes no usable line ({error}); try another model"
        raise EndpointError(text) from None
    return f"{chosen.model} at {chosen.url} wrote a line in {seconds:.1f} s"


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host
