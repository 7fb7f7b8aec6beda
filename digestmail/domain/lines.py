"""Lines that the operator's language model wrote about papers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """What a paper does, in one sentence of one language, and its title translated."""

    text: str
    title: str = ""  # empty in English, the language of nearly all titles


@dataclass(frozen=True, slots=True)
class EndpointUse:
    """The use of the language model on one day (UTC)."""

    requests: int = 0
    tokens: int = 0  # as the endpoint counts them; 0 if it does not
    lines: int = 0  # that were good enough to be stored
