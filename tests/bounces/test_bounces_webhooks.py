"""Posts of mail providers: what is not proven theirs and fresh is refused."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import pytest
from conftest import NOW
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from digestmail.bounces import Kind, Report
from digestmail.bounces.webhooks import WebhookError, Webhooks
from digestmail.tokens import Purpose, Signer

TOPIC = "arn:aws:sns:eu-west-1:1:bounces"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
TOKEN = Signer(["a key of more than thirty-two letters"]).sign(Purpose.BOUNCE, 7)


@lru_cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@lru_cache
def pem() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder(name, name, rsa_key().public_key(), 7)
    made = made.not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=9))
    return made.sign(rsa_key(), SHA256()).public_bytes(Encoding.PEM)


def hooks(**values: Any) -> Webhooks:
    made = Webhooks(TOPIC, "", "mailgun's key", "postmark's word", lambda _: pem())
    return replace(made, **values)


def sns(message: object = None, now: datetime = NOW, **changed: str) -> dict[str, str]:
    """A signed envelope of SNS."""
    fields = {
        "Type": "Notification",
        "MessageId": "1",
        "TopicArn": TOPIC,
        "Message": json.dumps(message or {"notificationType": "Bounce"}),
        "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    } | changed
    signed = "".join(
        f"{name}\n{fields[name]}\n"
        for name in (
            *("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token"),
            *("TopicArn", "Type"),
        )
        if name in fields
    )
    version = fields.setdefault("SignatureVersion", "2")
    used = SHA256() if version == "2" else SHA1()  # noqa: S303
    signature = rsa_key().sign(signed.encode(), padding.PKCS1v15(), used)
    urls = {"SigningCertURL": CERTIFICATE}
    return urls | fields | {"Signature": base64.b64encode(signature).decode()}


def ses(kind: str = "Permanent", code: str = "5.1.1") -> dict[str, Any]:
    return {
        "notificationType": "Bounce",
        "mail": {"messageId": "m1", "source": f"b+{TOKEN}@digest.example.org"},
        "bounce": {
            "bounceType": kind,
            "bouncedRecipients": [
                {"emailAddress": "Ada@example.net", "status": code, "diagnosticCode": "smtp; 550"}
            ],
        },
    }


def read(
    made: Webhooks, provider: str, body: object, headers: Mapping[str, str] | None = None
) -> list[Report]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return made.read(provider, headers or {}, raw, NOW)


@pytest.mark.parametrize("version", ["1", "2"])
def test_ses_bounce(version: str) -> None:
    (report,) = read(hooks(), "ses", sns(ses(), SignatureVersion=version))
    assert (report.kind, report.enhanced, report.address) == (Kind.HARD, "5.1.1", "ada@example.net")
    assert (report.tokens, report.authentic) == ((TOKEN,), True)


@pytest.mark.parametrize(
    ("kind", "code", "judged"),
    [
        ("Permanent", "5.7.1", Kind.POLICY),
        ("Permanent", "", Kind.HARD),
        ("Transient", "5.1.1", Kind.SOFT),
        ("Undetermined", "", Kind.SOFT),
    ],
)
def test_ses_blames_whom_the_receiver_blames(kind: str, code: str, judged: Kind) -> None:
    (report,) = read(hooks(), "ses", sns(ses(kind, code)))
    assert report.kind is judged


def test_what_a_provider_tries_again_for_hours_is_taken() -> None:
    """SNS for an hour, SendGrid for a day, Mailgun for eight hours."""
    made = hooks(sendgrid_key=public(EC_KEY))
    event = {"event": "failed", "severity": "permanent", "recipient": "ada@example.net"}
    hour = timedelta(hours=1)
    assert read(made, "ses", sns(ses(), now=NOW - hour - hour / 2))
    assert read(made, "sendgrid", EVENTS, sendgrid(EC_KEY, EVENTS, NOW - 24 * hour))
    assert read(made, "mailgun", mailgun(event, NOW - 8 * hour))


@pytest.mark.parametrize(
    ("changed", "judged"),
    [
        (
            {"bounceType": "Permanent", "diagnosticCode": "smtp; 550 your IP is blacklisted"},
            "policy",
        ),
        ({"bounceType": "Permanent", "diagnosticCode": "smtp; 552 mailbox full"}, "soft"),
        ({"bounceType": "Permanent", "diagnosticCode": "smtp; 550 user unknown"}, "hard"),
        ({"bounceType": "Transient", "diagnosticCode": "smtp; 421 4.7.0 rate limited"}, "policy"),
        ({"bounceType": "Transient", "bounceSubType": "ContentRejected"}, "policy"),
        ({"bounceType": "Transient", "bounceSubType": "MailboxFull"}, "soft"),
    ],
)
def test_ses_words_outweigh_its_type(changed: dict[str, str], judged: str) -> None:
    event = ses(code="5.1.1")
    recipient = event["bounce"]["bouncedRecipients"][0]
    recipient["diagnosticCode"] = changed.pop("diagnosticCode", "")
    event["bounce"] |= changed
    assert [str(report.kind) for report in read(hooks(), "ses", sns(event))] == [judged]


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2", "us-gov-west-1", "me-central-1"])
def test_ses_certificates_of_every_region(region: str) -> None:
    asked: list[str] = []

    def get(url: str) -> bytes:
        asked.append(url)
        return pem()

    url = CERTIFICATE.replace("eu-west-1", region)
    assert read(hooks(get=get), "ses", sns(ses()) | {"SigningCertURL": url})
    assert asked == [url]


def test_ids_and_addresses_of_events_can_be_stored() -> None:
    event = {"RecordType": "Bounce", "Type": "HardBounce", "ID": "4\x00\ud800" + "9" * 9_000}
    event |= {"Email": "Ada\x00@example.net", "Details": "550 \x00\udfff user unknown"}
    (report,) = read(hooks(), "postmark", event, basic("postmark's word"))
    for text in (report.id, report.address, report.text):
        assert "\x00" not in text
        assert len(text.encode()) <= 2_000


def test_ses_complaint_and_delivery() -> None:
    complaint = ses() | {
        "notificationType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": "ada@example.net"}]},
    }
    (report,) = read(hooks(), "ses", sns(complaint))
    assert report.kind is Kind.COMPLAINT
    assert read(hooks(), "ses", sns(ses() | {"notificationType": "Delivery"})) == []


@pytest.mark.parametrize(
    "tampered",
    [
        {"Message": json.dumps(ses("Permanent", "5.1.2"))},
        {"Signature": base64.b64encode(b"x" * 256).decode()},
        {"Signature": "%%%"},
        {"SignatureVersion": "3"},
        {"TopicArn": "arn:aws:sns:eu-west-1:666:bounces"},
        {"Type": "Other"},
        {"SigningCertURL": CERTIFICATE.replace("https", "http")},
        {"SigningCertURL": "https://bucket.s3.amazonaws.com/sns.pem"},
        {"SigningCertURL": "https://sns.s3.amazonaws.com/a.pem"},  # whoever has the bucket "sns"
        {"SigningCertURL": "https://sns.us-east-1.s3.amazonaws.com/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/../x/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.pem?x=.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a\x7f\n.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/" + "a" * 70_000 + ".pem"},
        {"SigningCertURL": "https://sns.eu.amazonaws.com.evil.example/a.pem"},
        {"SigningCertURL": "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com:8443/a.pem"},
        {"Timestamp": "yesterday"},
    ],
)
def test_ses_forged(tampered: dict[str, str]) -> None:
    with pytest.raises(WebhookError, match="ses"):
        read(hooks(), "ses", sns(ses()) | tampered)


def test_ses_of_another_topic_that_amazon_signed() -> None:
    with pytest.raises(WebhookError, match="topic"):
        read(hooks(), "ses", sns(ses(), TopicArn="arn:aws:sns:eu-west-1:666:bounces"))


@pytest.mark.parametrize("hours", [-2, 3, 48])
def test_ses_stale(hours: float) -> None:
    with pytest.raises(WebhookError, match="too far from now"):
        read(hooks(), "ses", sns(ses(), now=NOW - timedelta(hours=hours)))


def test_ses_with_a_certificate_that_has_run_out() -> None:
    later = NOW + timedelta(days=30)
    with pytest.raises(WebhookError, match="not valid today"):
        hooks().read("ses", {}, json.dumps(sns(ses(), now=later)).encode(), later)


def test_ses_certificates_are_fetched_once() -> None:
    asked: list[str] = []

    def get(url: str) -> bytes:
        asked.append(url)
        return pem()

    made = hooks(get=get)
    for _ in range(3):
        read(made, "ses", sns(ses()))
    assert asked == [CERTIFICATE]


def test_ses_subscription_is_left_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    link = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
    asked = sns(Type="SubscriptionConfirmation", SubscribeURL=link, Token="t")
    assert read(hooks(), "ses", asked) == []
    assert link in caplog.text


def sendgrid(key: Any, body: bytes, now: datetime = NOW) -> dict[str, str]:
    """The headers of a signed post."""
    stamp = str(int(now.timestamp()))
    how = [] if isinstance(key, ed25519.Ed25519PrivateKey) else [ec.ECDSA(SHA256())]
    signature = key.sign(stamp.encode() + body, *how)
    return {
        "x-twilio-email-event-webhook-timestamp": stamp,
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
    }


def public(key: Any) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
EVENTS = json.dumps(
    [
        {"event": e, "email": "ada@example.net", "sg_event_id": str(n), **more}
        for n, (e, more) in enumerate(
            [
                ("bounce", {"status": "5.1.1", "reason": "550 no such user"}),
                ("bounce", {"type": "blocked", "status": "5.7.1"}),
                ("bounce", {"type": "blocked", "reason": "550 something"}),
                ("spamreport", {}),
                ("deferred", {}),
                ("open", {}),
            ]
        )
    ]
    + [{"event": "account_status_change"}, {"event": "bounce"}, "no event"]
    + [{"event": "dropped", "email": "ada@example.net", "sg_event_id": "9", "reason": "Invalid"}]
).encode()


@pytest.mark.parametrize("key", [EC_KEY, ED_KEY], ids=["ecdsa", "ed25519"])
def test_sendgrid(key: Any) -> None:
    reports = read(hooks(sendgrid_key=public(key)), "sendgrid", EVENTS, sendgrid(key, EVENTS))
    expected = [Kind.HARD, Kind.POLICY, Kind.SOFT, Kind.COMPLAINT, Kind.DELAYED, Kind.SOFT]
    assert [report.kind for report in reports] == expected
    assert len({report.id for report in reports}) == 6


@pytest.mark.parametrize(
    "key",
    ["", public(EC_KEY), public(ED_KEY), public(rsa_key()), "bad"],
    ids=["none", "ecdsa", "ed25519", "rsa", "damaged"],  # the same in every test process
)
def test_sendgrid_forged(key: str) -> None:
    forger = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(WebhookError, match="sendgrid"):
        read(hooks(sendgrid_key=key), "sendgrid", EVENTS, sendgrid(forger, EVENTS))


def test_sendgrid_tampered_stale_or_unsigned() -> None:
    made, headers = hooks(sendgrid_key=public(EC_KEY)), sendgrid(EC_KEY, EVENTS)
    with pytest.raises(WebhookError, match="wrong"):
        read(made, "sendgrid", EVENTS + b" ", headers)
    with pytest.raises(WebhookError, match="too far from now"):
        read(made, "sendgrid", EVENTS, sendgrid(EC_KEY, EVENTS, NOW - timedelta(hours=26)))
    with pytest.raises(WebhookError, match="not understood"):
        read(made, "sendgrid", EVENTS)


def mailgun(event: dict[str, Any], now: datetime = NOW, key: str = "mailgun's key") -> object:
    stamp = str(int(now.timestamp()))
    signature = hmac.new(key.encode(), f"{stamp}nonce".encode(), "sha256").hexdigest()
    signed = {"timestamp": stamp, "token": "nonce", "signature": signature}
    return {"signature": signed, "event-data": {"recipient": "ada@example.net"} | event}


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event": "failed", "severity": "permanent"}, Kind.HARD),
        (
            {
                "event": "failed",
                "severity": "permanent",
                "delivery-status": {"enhanced-code": "5.7.1", "message": "blocked"},
            },
            Kind.POLICY,
        ),
        ({"event": "failed", "severity": "temporary"}, Kind.DELAYED),
        ({"event": "complained"}, Kind.COMPLAINT),
        ({"event": "unsubscribed"}, Kind.UNSUBSCRIBE),
    ],
)
def test_mailgun(event: dict[str, Any], kind: Kind) -> None:
    (report,) = read(hooks(), "mailgun", mailgun(event))
    assert (report.kind, report.id, report.authentic) == (kind, "mailgun:nonce", True)


def test_mailgun_forged_or_stale() -> None:
    event = {"event": "complained"}
    with pytest.raises(WebhookError, match="wrong"):
        read(hooks(), "mailgun", mailgun(event, key="another"))
    with pytest.raises(WebhookError, match="wrong"):
        read(hooks(mailgun_key=""), "mailgun", mailgun(event, key=""))
    with pytest.raises(WebhookError, match="too far from now"):
        read(hooks(), "mailgun", mailgun(event, NOW - timedelta(hours=10)))
    (report,) = read(hooks(), "mailgun", mailgun({"event": "opened"}))
    assert (report.kind, report.single_use) == (Kind.UNKNOWN, True)


def basic(password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"hook:{password}".encode()).decode()}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("HardBounce", Kind.HARD), ("SoftBounce", Kind.SOFT), ("SpamComplaint", Kind.COMPLAINT)],
)
def test_postmark(kind: str, expected: Kind) -> None:
    event = {"RecordType": "Bounce", "Type": kind, "ID": 4, "Email": "Ada@example.net"}
    assert read(hooks(), "postmark", {"RecordType": "Open"}, basic("postmark's word")) == []
    (report,) = read(hooks(), "postmark", event, basic("postmark's word"))
    assert (report.kind, report.address) == (expected, "ada@example.net")


def test_postmark_words_outweigh_its_type() -> None:
    event = {"RecordType": "Bounce", "Type": "HardBounce", "ID": 4, "Email": "ada@example.net"}
    event["Details"] = "smtp;550 5.7.1 blocked, see https://www.spamhaus.org"
    (report,) = read(hooks(), "postmark", event, basic("postmark's word"))
    assert report.kind is Kind.POLICY


@pytest.mark.parametrize("headers", [{}, basic("wrong"), basic(""), {"authorization": "Bearer x"}])
def test_postmark_forged(headers: dict[str, str]) -> None:
    for made in (hooks(), hooks(postmark_password="")):
        with pytest.raises(WebhookError, match="postmark"):
            read(made, "postmark", {"RecordType": "Bounce"}, headers)


@pytest.mark.parametrize("provider", ["ses", "sendgrid", "mailgun", "postmark", "none"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"\xff", b"[" * 100_000, b'{"a":1}'])
def test_what_is_not_understood_is_refused(provider: str, body: bytes) -> None:
    with pytest.raises(WebhookError):
        read(hooks(), provider, body)
