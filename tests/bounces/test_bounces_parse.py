"""Messages that came back are read for what they say, whatever their shape."""

import json
from base64 import b64encode

import pytest
from bounce_letters import ANSWERS, NOTICES, REASONS, notice
from bounce_samples import complaint, dsn, fixtures, letter, to_token
from hypothesis import given, settings
from hypothesis import strategies as st

from digestmail.bounces import Kind, parse
from digestmail.tokens import Purpose, Signer

SIGNER = Signer(["a key of more than thirty-two letters"])
TOKEN = SIGNER.sign(Purpose.BOUNCE, 7)
LEAVE = SIGNER.sign(Purpose.UNSUBSCRIBE, 3)

# By the status codes in the files, else by what they say in words.
EXPECTED = {
    Kind.HARD: """
        lhost-activehunter-01 lhost-amavis-01 lhost-amazonworkmail-01 lhost-courier-01
        lhost-domino-01 lhost-exchange-01 lhost-exchange2003-01 lhost-exchange2007-01
        lhost-bigfoot-01 lhost-gmail-01 lhost-gsuite-01 lhost-imailserver-01
        lhost-interscanmss-01 lhost-mailfoundry-01 lhost-mailmarshalsmtp-01 lhost-mailru-01
        lhost-mcafee-01 lhost-messagingserver-01 lhost-mfilter-01 lhost-mxlogic-01
        lhost-office365-01 lhost-opensmtpd-01 lhost-postfix-01 lhost-powermta-01 lhost-qmail-01
        lhost-receivingses-01 lhost-sendgrid-01 lhost-sendmail-01 lhost-surfcontrol-01
        lhost-verizon-01 lhost-x1-01 lhost-x2-01 lhost-x3-01 lhost-x5-01 lhost-yahoo-01
        lhost-yandex-01 lhost-zoho-01 rfc3464-01 rhost-apple-01 rhost-franceptt-01 rhost-google-01
        rhost-googleapps-01 rhost-gsuite-01 rhost-iua-01 rhost-kddi-01 rhost-nttdocomo-01
        malformed_bounce_01 tt_1234177688 tt_1234210655 tt_1234211357 tt_1234211932
        tt_1234241665 tt_1234285532 tt_bounce_05 tt_bounce_07 tt_bounce_17 tt_bounce_22
        tt_bounce_23 tt_bounce_24 tt_bounce_25
        undeliverable_gmail lhost-apachejames-01""",
    Kind.SOFT: """
        lhost-aol-01 lhost-biglobe-01 lhost-gmx-01 lhost-googlegroups-01 lhost-kddi-01
        lhost-notes-01 lhost-outlook-01 lhost-v5sendmail-01 lhost-x4-01 lhost-x6-01
        rhost-aol-01 rhost-cloudflare-01 rhost-outlook-01 tt_1234175799 tt_1234211929
        tt_1234211931 tt_1234285668 tt_bounce_01 tt_bounce_02 tt_bounce_08 tt_bounce_09
        tt_bounce_10 tt_bounce_11 tt_bounce_13 tt_bounce_14 tt_bounce_15 tt_bounce_16
        tt_bounce_20 tt_bounce_21 unknown_code_bounce_01""",
    Kind.POLICY: """
        lhost-amazonses-01 lhost-barracuda-01 lhost-facebook-01 lhost-dragonfly-01
        lhost-einsundeins-01 lhost-exim-01 lhost-ezweb-01 lhost-googleworkspace-01
        lhost-messagelabs-01 rhost-cox-01 rhost-exchangeonline-01 rhost-messagelabs-01
        rhost-microsoft-01 rhost-mimecast-01 rhost-spectrum-01 rhost-tencent-01
        rhost-tencentqq-01 rhost-yahooinc-01 tt_bounce_03 tt_bounce_04
        tt_bounce_06""",
    Kind.DELAYED: "tt_bounce_12_soft tt_bounce_18 tt_bounce_19",
    Kind.COMPLAINT: "arf-01",
    Kind.AUTO_REPLY: "rfc3834-01",
}
KINDS = {name: kind for kind, names in EXPECTED.items() for name in names.split()}
FAILURES = (Kind.HARD, Kind.SOFT, Kind.POLICY)


def test_real_bounces_are_recognised() -> None:
    read = {name: parse(raw) for name, raw in fixtures()}
    assert read.keys() == KINDS.keys()
    failures = [name for name, kind in KINDS.items() if kind in FAILURES]
    wrong = {name: str(read[name].kind) for name in failures if read[name].kind is not KINDS[name]}
    assert len(failures) > 100
    assert wrong == {}


def test_what_is_no_failure_is_never_counted_as_one() -> None:
    others = {name: parse(raw).kind for name, raw in fixtures() if KINDS[name] not in FAILURES}
    assert others == {name: KINDS[name] for name in others}
    assert len(others) == 5


@pytest.mark.parametrize("name", NOTICES)
def test_notices_of_many_makers_and_languages(name: str) -> None:
    kind, raw = NOTICES[name]
    assert parse(raw).kind is kind
    assert parse(raw.replace(b"\n", b"\r\n")).kind is kind


@pytest.mark.parametrize("kind", REASONS)
def test_reasons_in_words(kind: Kind) -> None:
    read = {words: parse(notice("Undeliverable mail", words)).kind for words in REASONS[kind]}
    assert {words: other for words, other in read.items() if other is not kind} == {}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_of_programs_never_count(name: str) -> None:
    assert parse(ANSWERS[name]).kind is Kind.AUTO_REPLY


def test_a_notice_names_whom_it_is_about() -> None:
    told = [parse(raw).address for kind, raw in NOTICES.values() if kind in FAILURES]
    assert sum(address.startswith("ada@") for address in told) > 0.8 * len(told)
    assert not [address for address in told if address.endswith("digest.example.org")]


def test_truncated_real_bounces_are_read_as_far_as_they_go() -> None:
    for _, raw in fixtures():
        for share in (0.1, 0.4, 0.8):
            assert parse(raw[: int(len(raw) * share)]).kind in Kind


def test_line_ends_and_trace_fields_make_no_other_message() -> None:
    raw = dsn(TOKEN)
    assert parse(raw).id == parse(raw.replace(b"\n", b"\r\n")).id
    assert parse(raw).id == parse(b"Received: from a by b; Fri, 1 Jan 2021\n" + raw).id
    assert parse(raw).id != parse(dsn(TOKEN, number=2)).id
    assert parse(raw).id != parse(dsn(TOKEN, status="5.2.2")).id


def test_a_notification_says_code_words_and_token() -> None:
    report = parse(dsn(TOKEN, "5.1.1", text="550 5.1.1 no such user"))
    assert (report.kind, report.enhanced, report.tokens) == (Kind.HARD, "5.1.1", (TOKEN,))
    assert (report.address, report.text) == ("ada@example.net", "550 5.1.1 no such user")
    assert not report.authentic


@pytest.mark.parametrize("encoding", ["base64", "Quoted-Printable"])
def test_a_status_that_was_encoded_is_read(encoding: str) -> None:
    """RFC 2046 forbids it; some servers do so all the same."""
    fields = b"Reporting-MTA: dns;mx.example.net\n\nFinal-Recipient: rfc822;ada@example.net\n"
    fields += (
        b"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp;550 5.1.1 <a@b.net> unknown user\n"
    )
    if encoding == "base64":
        encoded = b64encode(fields)
    else:
        encoded = fields.replace(b"@", b"=40").replace(b"unknown", b"un=\nknown")
    raw = (
        b"From: MAILER-DAEMON@mx.example.net\nSubject: Failed\nMIME-Version: 1.0\nContent-Type:"
        b" multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type:"
        b" message/delivery-status\nContent-Transfer-Encoding: " + encoding.encode() + b"\n\n"
    )
    report = parse(raw + encoded + b"\n--b--\n")
    assert (report.kind, report.enhanced) == (Kind.HARD, "5.1.1")
    assert report.address == "ada@example.net"
    assert report.text == "550 5.1.1 <a@b.net> unknown user"


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("delayed", "4.4.1", Kind.DELAYED),
        ("delivered", "2.0.0", Kind.UNKNOWN),
        ("relayed", "2.0.0", Kind.UNKNOWN),
        ("failed", "4.4.7", Kind.SOFT),
        ("Failed", "5.2.2", Kind.SOFT),
        ("failed (given up)", "5.7.1", Kind.POLICY),
    ],
)
def test_only_failed_actions_are_failures(action: str, status: str, kind: Kind) -> None:
    report = parse(dsn("", status, action))
    assert report.kind is kind


def test_the_words_of_our_own_mail_blame_nobody() -> None:
    text = "Sorry, that failed.\n\n--- Below this line is a copy\n\nUser unknown, 5.1.1: a study"
    from_daemon = letter("failure notice", text=text).replace(b"Ada <ada@", b"MAILER-DAEMON <x@")
    assert (parse(from_daemon).kind, parse(from_daemon).enhanced) == (Kind.SOFT, "")


@pytest.mark.parametrize("said", ["abuse", "fraud", "virus"])
def test_complaints_bring_the_token_of_the_envelope(said: str) -> None:
    report = parse(complaint(to_token(TOKEN), LEAVE, said))
    assert (report.kind, report.tokens) == (Kind.COMPLAINT, (TOKEN, LEAVE))


@pytest.mark.parametrize("said", ["not-spam", "auth-failure", ""])
def test_other_feedback_is_no_complaint(said: str) -> None:
    assert parse(complaint("b@digest.example.org", "none", said)).kind is Kind.UNKNOWN


@pytest.mark.parametrize("said", ["not-spam", "auth-failure"])
def test_who_says_that_it_is_no_spam_stays(said: str) -> None:
    report = parse(complaint("b@digest.example.org", LEAVE, said))
    assert (report.kind, report.tokens) == (Kind.UNKNOWN, ())


def test_what_is_nested_too_deep_blocks_nothing() -> None:
    raw = b"Content-Type: message/rfc822\n\n" * 3_000
    assert parse(raw).kind is Kind.UNKNOWN
    assert parse(raw).id == parse(raw).id != parse(raw + b"x").id


@pytest.mark.parametrize(
    "raw",
    [
        letter("Out of Office: Re: your papers"),
        letter("Automatic reply: your papers"),
        letter("Réponse automatique : vos articles"),
        letter("Abwesenheitsnotiz"),
        letter("your papers", extra="Auto-Submitted: auto-replied\n"),
        letter("your papers", extra="X-Autoreply: yes\n"),
        letter("your papers", extra="Precedence: auto_reply\n"),
        letter("Delivery failed? No, away", extra="Return-Path: <>\nX-Autorespond: 1\n"),
        letter(
            "your papers",
            extra="Auto-Submitted: auto-replied\n",
            text="My old mailbox does not exist any more: 550 5.1.1 user unknown",
        ),
    ],
)
def test_automatic_answers_are_no_bounces(raw: bytes) -> None:
    assert parse(raw).kind is Kind.AUTO_REPLY


def test_a_read_receipt_is_no_bounce() -> None:
    raw = dsn(TOKEN).replace(b"delivery-status", b"disposition-notification")
    assert parse(raw).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    ("raw", "tokens"),
    [
        (letter("unsubscribe", to=f"leave+{LEAVE}@digest.example.org"), (LEAVE,)),
        (letter("", to=f"LEAVE+{LEAVE.upper()}@digest.example.org"), (LEAVE,)),
        (letter(f"unsubscribe {LEAVE}"), (LEAVE,)),
        (letter("Please unsubscribe"), ()),
    ],
)
def test_requests_to_leave(raw: bytes, tokens: tuple[str, ...]) -> None:
    assert (parse(raw).kind, parse(raw).tokens) == (Kind.UNSUBSCRIBE, tokens)


def test_a_persons_letter_is_no_report() -> None:
    assert parse(letter("A question about your service")).kind is Kind.UNKNOWN


@settings(max_examples=150)
@given(st.binary(max_size=400), st.integers(0, 900))
def test_no_bytes_break_it(noise: bytes, where: int) -> None:
    raw = dsn(TOKEN)
    assert parse(noise).kind in Kind
    assert parse(raw[:where] + noise + raw[where:]).kind in Kind


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: =?no-such-charset?q?x?=\n\nx",
        b"Subject: =?utf-8?b?!!!?=\nFrom: MAILER-DAEMON\n\n550 5.1.1",
        b"Content-Type: multipart/report; boundary=\n\nx",
        b"Content-Type: text/plain; charset=\x00bad\nFrom: postmaster@x\n\nfailed",
        b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\n" * 5000,
        dsn(TOKEN).replace(b"Final-Recipient: rfc822;", b"Final-Recipient:;;;<<@"),
    ],
)
def test_hostile_input_is_read_without_a_word(raw: bytes) -> None:
    assert parse(raw).kind in Kind


APPLE = (
    "Return-Path: <>\nAuto-Submitted: auto-replied\nX-Apple-Unsubscribe: true\n"
    "Precedence: bulk\nX-Autoreply: yes\n"
)


@pytest.mark.parametrize(
    ("subject", "extra"),
    [
        ("unsubscribe", APPLE),
        ("", APPLE),
        ("Unsubscribe", "Auto-Submitted: auto-generated\n"),
        ("unsubscribe", "Precedence: bulk\n"),
        ("unsubscribe", "Return-Path: <>\nX-Autoreply: yes\n"),
    ],
)
def test_a_mail_program_that_asks_to_leave_is_no_automatic_answer(subject: str, extra: str) -> None:
    report = parse(letter(subject, to=f"leave+{LEAVE}@digest.example.org", extra=extra))
    assert (report.kind, report.tokens) == (Kind.UNSUBSCRIBE, (LEAVE,))


def test_a_request_to_leave_without_a_token_is_left_for_a_person() -> None:
    assert parse(letter("unsubscribe", extra=APPLE)).kind is Kind.UNSUBSCRIBE


def test_an_automatic_answer_to_a_digest_asks_for_nothing() -> None:
    away = letter(
        "Re: how to unsubscribe", to=to_token(TOKEN), extra="Auto-Submitted: auto-replied\n"
    )
    assert parse(away).kind is Kind.AUTO_REPLY


def returned(fields: str, subject: str = "complaint about message from 192.0.2.1") -> bytes:
    return f"""\
From: staff@provider.example
To: abuse@digest.example.org
Subject: {subject}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=m"

--=m
Content-Type: message/rfc822

{fields}
From: daily@digest.example.org
To: ada@example.net
Subject: papers

hello
--=m--
""".encode()


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ("X-HmXmrOriginalRecipient: <ada@example.net>", "anything"),
        ("X-Store-Info: 1", "complaint about message from 192.0.2.1"),
    ],
)
def test_a_complaint_that_is_the_mail_itself(fields: str, subject: str) -> None:
    raw = returned(f"Return-Path: <{to_token(TOKEN)}>\n{fields}", subject)
    report = parse(raw)
    assert (report.kind, report.address) == (Kind.COMPLAINT, "ada@example.net")
    assert report.tokens == (TOKEN,)


def test_a_mail_that_is_passed_on_is_no_complaint() -> None:
    assert parse(returned("X-Mailer: x", "Fwd: papers")).kind is Kind.UNKNOWN


def test_tokens_count_from_fields_and_returned_mails_only() -> None:
    """Whoever has seen a token could write it into any text."""
    words = f"550 5.1.1 user unknown\n\n--- Below this line is a copy\n\nReturn-Path: <b+{TOKEN}@x>"
    from_daemon = letter("failure notice", text=words).replace(b"Ada <ada@", b"MAILER-DAEMON <x@")
    assert (parse(from_daemon).kind, parse(from_daemon).tokens) == (Kind.HARD, ())
    bare = complaint(to_token(TOKEN)).replace(b"message/rfc822", b"text/plain")
    assert (parse(bare).kind, parse(bare).tokens) == (Kind.COMPLAINT, ())


@pytest.mark.parametrize(
    ("action", "status", "text", "kind"),
    [
        ("expired", "", "Connection timed out", Kind.SOFT),
        ("expired", "5.1.1", "550 5.1.1 user unknown", Kind.SOFT),
        ("expired", "4.4.7", "421 4.7.0 deferred due to user complaints", Kind.POLICY),
        ("error", "5.1.1", "550 5.1.1 user unknown", Kind.HARD),
        ("expanded", "5.1.1", "550 5.1.1 user unknown", Kind.UNKNOWN),
    ],
)
def test_other_actions(action: str, status: str, text: str, kind: Kind) -> None:
    assert parse(dsn(TOKEN, status, action, text)).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "Your message has not yet been delivered. We will retry for 3 days.",
        "The delivery is delayed. You do not need to resend your message.",
        "Die Zustellung verzögert sich.",
        "La remise de votre message est retardée.",
        "La entrega se ha demorado.",
    ],
)
def test_what_is_only_late_is_no_failure(text: str) -> None:
    assert parse(notice("Delivery status", text)).kind is Kind.DELAYED


@pytest.mark.parametrize(
    "text",
    [
        "As their mailbox is full, your mail could not be delivered to: <ada@example.net>",
        "Mail could not be delivered. 550 5.2.2 mailbox of ada@example.net over quota",
        "Non remis : la boîte aux lettres de ada@example.net est pleine.",
    ],
)
def test_plain_words_of_an_unusual_sender(text: str) -> None:
    raw = notice("Mail", text, sender="no-reply@example.net")
    assert (parse(raw).kind, parse(raw).address) == (Kind.SOFT, "ada@example.net")
    assert (
        parse(raw.replace(b"Return-Path: <>", b"Return-Path: <x@y.example>")).kind is Kind.UNKNOWN
    )


@pytest.mark.parametrize(
    "text",
    [
        "Message-ID: <14a3e1b4b5a.10b1@digest.example.org>\nUser unknown: ada@example.net",
        "Questions? Contact help@desk.example.net\nUser unknown: <ada@example.net>",
        "In-Reply-To: <x.1@y.example>\npostmaster@mx.example.net: ada@example.net is unknown",
        f"Sent by {to_token(TOKEN)} to <ada@example.net>: user unknown",
        "User unknown\nSee it@desk.example.net\n\nOriginal message\nTo: Ada <ada@example.net>",
        "User unknown\nRCPT TO:<ada@example.net>\nroot@mx.example.net",
    ],
)
def test_the_address_is_the_recipients(text: str) -> None:
    assert (
        parse(
            notice("failure notice", text).replace(b"b@digest", f"b+{TOKEN}@digest".encode())
        ).address
        == "ada@example.net"
    )


def test_eight_bit_words_in_any_field_and_part() -> None:
    russian = dsn(TOKEN, "5.0.0", text="550 Пользователь не найден")
    assert parse(russian).kind is Kind.HARD
    for charset, codec in (("gb18030", "gb18030"), ("gb2312", "gb18030"), ("utf-8", "utf-8")):
        text = "很抱歉，退信原因：收件人邮箱地址不存在。".encode(codec)
        sender = b"From: postmaster@qq.example\nContent-Transfer-Encoding: 8bit\n"
        declared = f"Content-Type: text/plain; charset={charset}\n\n".encode()
        assert parse(sender + declared + text).kind is Kind.HARD
        assert parse(sender + b"\n" + text).kind is Kind.HARD
    japanese = "宛先のメールアドレスは存在しません".encode("iso2022_jp")
    assert parse(b"From: MAILER-DAEMON\n\n" + japanese).kind is Kind.HARD
    german = "Unzustellbar: Empfänger unbekannt".encode("cp1252")
    assert parse(b"From: MAILER-DAEMON\n\n" + german).kind is Kind.HARD


def test_words_in_html_alone() -> None:
    text = (
        "<style>p {color: red}</style><p>L&#39;adresse <b>du destinataire</b> n&#39;existe pas.</p>"
    )
    raw = notice("Non remis", text).replace(b"text/plain", b"text/html")
    assert parse(raw).kind is Kind.HARD


@pytest.mark.parametrize(
    "charset", ["idna", "undefined", "punycode", "unicode_escape", "rot13", "zlib"]
)
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable", "x-uuencode"])
def test_no_character_set_stops_the_reading(charset: str, encoding: str) -> None:
    head = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n"
    for sender in ("MAILER-DAEMON <x@y.example>", "Ada <ada@example.net>"):
        raw = (
            f"From: {sender}\nSubject: =?{charset}?q?caf=E9?=\n{head}\n".encode()
            + b"caf\xe9 user unknown"
        )
        assert parse(raw).kind in (Kind.HARD, Kind.SOFT, Kind.UNKNOWN)


def ses_mail(event: object) -> bytes:
    text = f"{json.dumps(event)}\n\n--\nIf you wish to stop receiving notifications, click below"
    return letter("Amazon SES Email Event Notification", text=text)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (
            {
                "notificationType": "Bounce",
                "bounce": {
                    "bounceType": "Permanent",
                    "bouncedRecipients": [
                        {
                            "emailAddress": "ada@example.net",
                            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                        }
                    ],
                },
            },
            Kind.HARD,
        ),
        (
            {
                "notificationType": "Bounce",
                "bounce": {
                    "bounceType": "Transient",
                    "bouncedRecipients": [{"emailAddress": "ada@example.net"}],
                },
            },
            Kind.SOFT,
        ),
        (
            {
                "notificationType": "Complaint",
                "complaint": {"complainedRecipients": [{"emailAddress": "ada@example.net"}]},
            },
            Kind.COMPLAINT,
        ),
    ],
)
def test_notifications_of_ses_that_come_by_mail(
    event: dict[str, object], kind: Kind, *, wrapped: bool
) -> None:
    event |= {"mail": {"messageId": "1", "source": to_token(TOKEN)}}
    report = parse(ses_mail({"Message": json.dumps(event)} if wrapped else event))
    assert (report.kind, report.address, report.authentic) == (kind, "ada@example.net", False)
    assert report.tokens == (TOKEN,)
    assert len(report.id) == 64
