"""Checks of settings: addresses, proxies, keys, and what should be set beside them."""

import base64
import re
from collections.abc import Iterator
from email.utils import parseaddr

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from digestmail.bounces.mailbox import probe_mailbox
from digestmail.config import DkimSection, Settings
from digestmail.doctor.check import Check, attempt
from digestmail.errors import ConfigError, InputError
from digestmail.mail.address import checked_address
from digestmail.web.shared.networks import Networks

_ADDRESSES = ("from_address", "reply_to", "bounce_address", "unsubscribe_address")
_MAKE_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(36))'"
_FEW_CHARACTERS = 10
_SNS_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")


def examine_settings(settings: Settings) -> Iterator[Check]:
    """Check what can be told of the settings without the database."""
    yield attempt("addresses", lambda: _addresses(settings))
    yield _operator(settings)
    yield _dkim(settings.dkim)
    yield attempt("proxies", lambda: _proxies(settings))
    yield from _bounces(settings)
    yield _secret_keys(settings)


def _addresses(settings: Settings) -> str:
    values = {name: getattr(settings.mail, name) for name in _ADDRESSES}
    for name, address in values.items():
        if address:
            _check_address(f"mail.{name}", address)
    return ", ".join(dict.fromkeys(filter(None, values.values())))


def _check_address(setting: str, address: str) -> None:
    try:
        checked_address(address)
    except InputError as error:
        why = error.message.rstrip(".")
        raise ConfigError(
            f"{setting}: “{address}” cannot receive email ({why}); correct it"
        ) from None


def _operator(settings: Settings) -> Check:
    """Check who is told of trouble; here a name may stand before the address."""
    text = settings.operator_email
    if not text:
        return Check("operator", None, "operator_email is not set, so nobody gets alerts")
    return attempt("operator", lambda: _operator_address(text))


def _operator_address(text: str) -> str:
    address = parseaddr(text)[1] or text
    _check_address("operator_email", address)
    return f"alerts go to {address}"


def _dkim(dkim: DkimSection) -> Check:
    """Check that the three settings of a key are set together; the key itself is the sender's."""
    values = {"selector": dkim.selector, "domain": dkim.domain, "key_file": dkim.key_file}
    unset = [f"dkim.{name}" for name, value in values.items() if not value]
    if unset and len(unset) < len(values):
        return Check(
            "dkim settings",
            False,
            f"{' and '.join(unset)} must be set too, or leave all of them empty",
        )
    return Check("dkim settings", True, "complete" if not unset else "none; the relay should sign")


def _proxies(settings: Settings) -> str:
    Networks(settings.web.trusted_proxies)
    return ", ".join(settings.web.trusted_proxies) or "none"


def _bounces(settings: Settings) -> Iterator[Check]:
    bounces = settings.bounces
    mailbox = bounces.mailbox.get_secret_value()
    if mailbox:
        yield attempt("mailbox", lambda: probe_mailbox(mailbox, settings.folder))
    hooks = (
        bounces.ses_topic,
        bounces.sendgrid_key,
        bounces.mailgun_key.get_secret_value(),
        bounces.postmark_password.get_secret_value(),
    )
    if any(hooks):
        yield attempt("webhooks", lambda: _webhooks(settings))
    elif not mailbox and not settings.mail.outbox:
        text = "neither bounces.mailbox nor a webhook is set, so dead addresses keep getting email"
        yield Check("mailbox", None, text)


def _webhooks(settings: Settings) -> str:
    topic, key = settings.bounces.ses_topic, settings.bounces.sendgrid_key
    if topic and not _SNS_TOPIC.fullmatch(topic):
        raise ConfigError(
            "bounces.ses_topic: not the ARN of a topic; copy it from Amazon SNS: "
            "arn:aws:sns:REGION:ACCOUNT:NAME"
        )
    if key and not _is_signing_key(key):
        raise ConfigError(
            "bounces.sendgrid_key: not a public key; copy the verification key from SendGrid"
        )
    return "the settings are valid"


def _is_signing_key(text: str) -> bool:
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(key, (EllipticCurvePublicKey, Ed25519PublicKey))


def _secret_keys(settings: Settings) -> Check:
    key = settings.secret_key.get_secret_value()
    old = [secret.get_secret_value() for secret in settings.old_secret_keys]
    if len(set(key)) < _FEW_CHARACTERS:
        return Check(
            "secret key", False, f"repeats only a few characters; create one with: {_MAKE_KEY}"
        )
    if key in old:
        return Check("secret key", False, "it is also in old_secret_keys; remove it there")
    return Check("secret key", True, f"{len(key)} characters")
