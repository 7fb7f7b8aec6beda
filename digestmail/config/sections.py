"""The sections of the settings, each with its fields, limits and descriptions.

``digestmail init`` writes the descriptions into new settings files.
"""

import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from digestmail.domain import PROFILE_FIELDS, THRESHOLD

_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", re.ASCII)
_MAX_PAPERS = PROFILE_FIELDS["max_papers"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MailSettings(_Section):
    """Who the mail is from."""

    from_address: str = Field(
        description="sender address; its domain should be the one that DKIM signs for"
    )
    from_name: str = Field("Daily papers", description="sender name")
    reply_to: str = Field("", description="where replies go; empty: to the sender")
    bounce_address: str = Field(
        "", description="envelope sender, with a signed +token per subscriber; empty: the sender"
    )
    unsubscribe_address: str = Field(
        "", description="mailbox for unsubscribe requests by email, if you read one"
    )
    list_id: str = Field("", description="List-ID; empty: daily.<domain of public_url>")
    outbox: str = Field("", description="folder for .eml files that replaces sending, for trials")


class SmtpSection(_Section):
    """The relay that takes the mail."""

    host: str = Field("localhost", description="the relay")
    port: int = Field(587, ge=1, le=65535, description="its port")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls, tls (from the first byte, port 465) or none"
    )
    username: str = Field("", description="user name; empty: no authentication")
    password: SecretStr = Field(SecretStr(""), description="for authentication")
    password_file: str = Field(
        "", description="file that contains the password, instead of `password`"
    )
    verify_tls: bool = Field(True, description="check the relay's certificate")
    ca_file: str = Field(
        "", description="file of certificates to trust, in addition to the system's"
    )
    connections: int = Field(4, ge=1, le=256, description="connections open at the same time")
    messages_per_connection: int = Field(
        100, ge=1, description="emails sent before a connection is replaced"
    )
    rcpt_timeout: int = Field(
        60, ge=5, le=600, description="seconds to wait for the relay's reply to a recipient"
    )
    per_second: int = Field(0, ge=0, description="emails per second; 0: no limit")
    per_hour: int = Field(0, ge=0, description="emails per hour; 0: no limit")
    per_day: int = Field(0, ge=0, description="emails per day; 0: no limit")
    weight: int = Field(1, ge=1, description="share of the emails when there are several relays")


class DkimSection(_Section):
    """Signing by digestmail itself; leave empty when the relay signs."""

    selector: str = Field("", description="DNS selector")
    domain: str = Field("", description="signing domain")
    key_file: str = Field("", description="private key file (PEM)")


class SemanticSection(_Section):
    """Likeness of meaning beside that of words; the extra ``semantic`` brings what it needs."""

    model: str = Field(
        "auto",
        description="sentence-embedding model: auto (the packaged one, if installed), none, "
        "or a folder with an ONNX model",
    )


class SummariesSection(_Section):
    """One line about each paper by a language model of yours; see docs/summaries.md."""

    url: str = Field(
        "",
        description="OpenAI-compatible API, such as http://localhost:11434/v1; empty: off",
    )
    model: str = Field("", description="name of the model")
    api_key: SecretStr = Field(SecretStr(""), description="API key, if the endpoint needs one")
    requests_per_day: int = Field(500, ge=1, description="maximum number of requests per day (UTC)")
    timeout: int = Field(60, ge=5, le=120, description="seconds to wait for a response")
    languages: list[str] = Field(
        ["en"], min_length=1, description="languages to write in; all but en are translations"
    )

    @field_validator("url")
    @classmethod
    def _checked_url(cls, url: str) -> str:
        url = url.strip().rstrip("/").removesuffix("/chat/completions")
        address = urlsplit(url)
        usable = address.scheme in ("http", "https") and address.hostname and address.port != 0
        is_plain = url.isprintable() and " " not in url and not (address.query or address.fragment)
        if url and not (usable and is_plain):
            raise ValueError("should be a web address such as http://localhost:11434/v1")
        if address.username is not None:
            raise ValueError("should be without a password; set summaries.api_key")
        return url

    @field_validator("languages")
    @classmethod
    def _checked_languages(cls, languages: list[str]) -> list[str]:
        for tag in languages:
            if not _LANGUAGE_TAG.fullmatch(tag):
                raise ValueError(f"“{tag[:20]}” is not a language tag such as de or zh-Hans")
        return list(dict.fromkeys(languages))

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.url and not self.model:
            raise ValueError("needs a model: set summaries.model")
        return self

    @property
    def is_on(self) -> bool:
        """Return whether lines are written."""
        return bool(self.url)


class DirectoriesSection(_Section):
    """Author directories: ORCID, OpenAlex, Semantic Scholar, DBLP and arXiv."""

    enabled: bool = Field(
        True, description="look up authors in these directories; false: never contact them"
    )
    openalex_key: SecretStr = Field(
        SecretStr(""), description="OpenAlex key; without it, only a few lookups a day"
    )
    semantic_scholar_key: SecretStr = Field(
        SecretStr(""), description="Semantic Scholar key; without it, many lookups are refused"
    )


class DigestSection(_Section):
    """What goes into a digest."""

    max_papers: int = Field(
        10,
        ge=_MAX_PAPERS.minimum,
        le=_MAX_PAPERS.maximum,
        description="papers per digest, for new profiles",
    )
    threshold: float = Field(THRESHOLD, ge=0, le=1, description="minimum score, for new profiles")
    exploration: int = Field(
        1,
        ge=0,
        le=1,
        description="papers per digest that nearly match, to learn from the feedback",
    )
    window_days: int = Field(
        8,
        ge=1,
        le=60,
        description="days a paper counts as new; a weekly digest needs 8",
    )
    latest_hours: int = Field(
        12, ge=1, le=24, description="hours after which an unsent digest is dropped"
    )


class RetentionSection(_Section):
    """How long old data is kept. It is deleted a little each hour."""

    digests_days: int = Field(
        365, ge=90, description="days to keep digests and the record of their delivery"
    )
    attempts_days: int = Field(
        60, ge=7, description="days to keep the relay's reply to each delivery attempt"
    )
    papers_days: int = Field(
        730,
        ge=90,
        description="days to keep papers that no digest, feedback, reading list or profile uses",
    )
    feedback_days: int = Field(
        1095, ge=180, description="days to keep feedback; after 540 it hardly counts"
    )


class ClusterSection(_Section):
    """Many workers on one PostgreSQL database; the extra ``cluster`` brings what it needs."""

    enabled: bool = Field(
        False, description="the scheduler queues the day's jobs for `digestmail worker`"
    )
    queue_url: SecretStr = Field(
        SecretStr(""),
        description="database address for the queue, if database_url is a pooler in transaction"
        " mode: a direct one, or one in session mode",
    )


class WebSection(_Section):
    """The web server."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on")
    trusted_proxies: list[str] = Field(
        [], description="proxy addresses whose X-Forwarded-For is trusted"
    )
    altcha: bool = Field(
        False,
        description="require a proof of work from the browser before a public form is accepted",
    )


class BouncesSection(_Section):
    """How bounces and complaints come back; empty: not this way."""

    mailbox: SecretStr = Field(
        SecretStr(""),
        description="mailbox for bounces only, read every 5 minutes: "
        "imaps://USER:PASSWORD@HOST/INBOX, pop3s://… or the path of a Maildir",
    )
    ses_topic: str = Field(
        "", description="ARN of the SNS topic of Amazon SES that posts to /hooks/ses"
    )
    sendgrid_key: str = Field(
        "", description="public key of SendGrid's signed events, for /hooks/sendgrid"
    )
    mailgun_key: SecretStr = Field(
        SecretStr(""), description="webhook signing key of Mailgun, for /hooks/mailgun"
    )
    postmark_password: SecretStr = Field(
        SecretStr(""), description="basic-auth password that Postmark sends to /hooks/postmark"
    )
