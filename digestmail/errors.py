"""Every error that a person is told about.

    DigestmailError            base: one line saying what, where and what to do; ``exit_code``
    |- ConfigError             a setting is missing or wrong
    |- InputError              a value typed or imported is wrong; names its ``field``
    |  `- FormError            several values of one form; ``problems`` by field
    |- NotFoundError           a subscriber, source, profile or digest that does not exist
    |- StoreError              the database cannot be used as it is
    |- SourceError             a source could not be fetched or is not what it should be
    |- EndpointError           the language model did not answer
    |- MailServerError         the relay is in trouble; no recipient is to blame
    |- TokenError              a link is forged, damaged or has aged

Anything else that escapes is a bug, and is left to show itself.
"""

from datetime import timedelta

EXIT_CODES = {
    0: "success",
    1: "something failed or needs attention; each problem is one line",
    2: "the command line is not valid; nothing was done",
    78: "a setting or a template is missing or not valid; nothing was sent",
    130: "stopped with Ctrl-C, or a question was answered with no",
}
"""What the exit codes of the commands mean."""


class DigestmailError(Exception):
    """Base of all errors whose text is meant for a person; never carries a secret."""

    exit_code = 1


class ConfigError(DigestmailError):
    """A setting is missing or wrong."""

    exit_code = 78  # EX_CONFIG of sysexits.h


class InputError(DigestmailError):
    """A value that a person typed or imported is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class FormError(InputError):
    """Values of one form are wrong; ``problems`` has a message for each field, in order."""

    def __init__(self, problems: dict[str, str]) -> None:
        field, message = next(iter(problems.items()))
        super().__init__(field, message)
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(f"{field}: {message}" for field, message in self.problems.items())


class NotFoundError(DigestmailError):
    """What was asked for does not exist."""


class StoreError(DigestmailError):
    """The database is absent, foreign, locked, read-only or of another version."""


class SourceError(DigestmailError):
    """A source could not be fetched, or sent something that is not what it should be."""


class EndpointError(DigestmailError):
    """The language model did not answer, or not as it should.

    ``blameless``: whether it would fail whatever it is asked. ``retry_after``: for how long it
    wants to be left alone, if it says so.
    """

    def __init__(self, message: str, *, blameless: bool = False) -> None:
        super().__init__(message)
        self.blameless = blameless
        self.retry_after: timedelta | None = None


class MailServerError(DigestmailError):
    """The relay refuses us, cannot be reached or failed; says nothing about a recipient."""


class TokenError(DigestmailError):
    """A link is forged, damaged, used up or too old."""

    def __init__(self, message: str, *, aged: bool = False) -> None:
        super().__init__(message)
        self.aged = aged


class LeftError(TokenError):
    """A link for readers, of one who has left."""


class EarlierSubscriptionError(TokenError):
    """A link to leave, of a subscription before the one there is now."""
