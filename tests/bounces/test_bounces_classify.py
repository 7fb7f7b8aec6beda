"""Replies of mail servers are put in the right class, and no living address is called dead."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bounce_letters import notice, report

from digestmail.bounces import Kind, classify, parse
from digestmail.bounces.classify import Phase, best_code, normalised, weigh

CORPUS = Path(__file__).parent / "corpus"


def replies(name: str) -> Iterator[tuple[Kind, str, str]]:
    """The class, Status field and words of each line; the status is - for a plain letter."""
    for line in (CORPUS / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, status, words = line.split("\t")
            yield Kind(kind), status, words


def read(status: str, words: str) -> Kind:
    if status == "-":
        return parse(notice("Undeliverable mail", words)).kind
    return parse(report(status, words, "Your message could not be delivered.")).kind


def mistakes(name: str) -> list[tuple[Kind, Kind, str]]:
    judged = ((kind, read(status, words), words) for kind, status, words in replies(name))
    return [(kind, other, words) for kind, other, words in judged if kind is not other]


def test_replies_that_the_phrases_were_made_for() -> None:
    assert mistakes("known.tsv") == []


def test_replies_that_were_kept_apart() -> None:
    """Measured at 97.7 % before they were looked at."""
    wrong = mistakes("unseen.tsv")
    assert [words for kind, other, words in wrong if other is Kind.HARD] == []
    assert len(wrong) <= 0.05 * sum(1 for _ in replies("unseen.tsv"))


@pytest.mark.parametrize("name", ["known.tsv", "unseen.tsv"])
def test_no_reply_about_us_is_held_against_the_reader_whatever_the_status(name: str) -> None:
    """Relays put 5.1.1 or 4.0.0 beside anything."""
    about_us = [words for kind, status, words in replies(name) if kind is Kind.POLICY]
    for status in ("5.1.1", "5.2.1", "5.0.0", "4.0.0", ""):
        wrong = [words for words in about_us if classify(status, words).kind is Kind.HARD]
        assert wrong == [], status


@pytest.mark.parametrize("name", ["known.tsv", "unseen.tsv"])
def test_a_mailbox_is_never_gone_for_a_server_that_says_not_now(name: str) -> None:
    for kind, _, words in replies(name):
        if kind is Kind.HARD:
            said = f"450 4.1.1 {normalised(words.lower())}"
            assert classify("5.1.1", said).kind is not Kind.HARD, words


@pytest.mark.parametrize("name", ["known.tsv", "unseen.tsv"])
def test_nobody_who_was_not_named_yet_is_blamed(name: str) -> None:
    """Before RCPT TO, whatever is refused is ours."""
    for _, status, words in replies(name):
        at_greeting = f"host mx[192.0.2.7] refused to talk to me: {words}"
        assert classify(status.strip("-"), at_greeting).kind is not Kind.HARD


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("5.1.1", "", Kind.HARD),
        ("5.1.10", "", Kind.HARD),
        ("5.1.1", "550", Kind.HARD),
        ("5.1.1", "550 5.1.1 no", Kind.HARD),  # its own word
        ("5.1.1", "550 no", Kind.SOFT),  # the relay's guess
        ("5.2.1", "550 5.2.1 no", Kind.SOFT),  # also said of too much mail
        ("5.1.1", "550 recipient rejected", Kind.HARD),
        ("5.0.0", "550 recipient rejected", Kind.SOFT),
        ("5.2.2", "no such user", Kind.SOFT),  # code and words disagree
        ("5.0.0", "550 5.2.2 no such user", Kind.SOFT),
        ("4.4.7", "550 no such user", Kind.HARD),  # the code is not the server's
        ("5.7.26", "user unknown", Kind.POLICY),
        ("4.2.2", "user unknown", Kind.SOFT),
        ("4.0.0", "550 5.1.1 user unknown", Kind.HARD),
        ("5.0.0", "User unknown", Kind.HARD),
        ("5.0.0", "Mailbox\n is full", Kind.SOFT),
        ("5.0.0", "your IP is on a blocklist", Kind.POLICY),
        ("5.5.0", "something odd", Kind.SOFT),
        ("5.5.4", "something odd", Kind.POLICY),  # our commands
        ("4.7.1", "something odd", Kind.POLICY),
        ("5.7.1", "user not found in our list of allowed senders: rejected by policy", Kind.POLICY),
        ("", "", Kind.SOFT),
    ],
)
def test_words_and_codes_decide(code: str, words: str, kind: Kind) -> None:
    assert classify(code, words).kind is kind


@pytest.mark.parametrize(
    "words",
    [
        "550 the IP address 192.0.2.1 was not found in the list of our partners",
        "550 sender address <b@digest.example.org> does not exist",
        "550 your account is disabled",
        "550 from domain not found",
        "550 5.1.1 <b@digest.example.org>: sender address rejected: user unknown",
        "550 the recipient's mail server could not be found",
        "550 unknown user of host nosuchuser.example.net is over quota",
        "550 we do not accept mail from unknown users, see https://mail.example.net/user-unknown",
        "550 message rejected: contains https://example.net/address-not-found",
        "535 unknown user or wrong password",
        "550 too many unknown users",
        "550 excessive userid unknowns from your host",
        "550 directory harvest attack: user unknown",
        "550 recipient not found in the whitelist",
        "550 your email address is not registered here",
        "550 your domain has no postmaster: mailbox does not exist",
        "550 account outbounds disabled",
        "550 the mailbox is being moved, the account is locked",
        "552 user unknown or over quota",
        "550 the address is not valid or temporarily closed",
        "550 Absenderadresse unbekannt",
        "550 IP-Adresse ungültig",
        "550 l'adresse de l'expéditeur est inconnue",
        "550 la dirección del remitente no existe",
        "550 l'indirizzo del mittente non esiste",
        "550 o endereço do remetente não existe",
        "550 адрес отправителя не существует",
        "550 发件人邮箱不存在",
        "550 送信元アドレスが存在しません",
        "550 메일을 보낼 수 없습니다",
        "550 5.7.1 mail from unknown-user@deleted-account.example.net refused by reputation",
    ],
)
def test_what_sounds_like_a_dead_address_and_is_none(words: str) -> None:
    assert classify("5.1.1", words).kind is not Kind.HARD


def test_links_hosts_and_addresses_are_no_words() -> None:
    text = "550-5.1.1 <no.such.user@spam.example.net> at bad-user.mx.example.net said 550 5.1.1 ok"
    assert normalised(text) == "at said ok"
    assert normalised("see https://spam.example.org/blocked") == "see"
    assert normalised("listed in zen.spamhaus.org") == "listed in blocklist"
    assert normalised("smtp; 550 5.1.1") == ""


@pytest.mark.parametrize(
    ("words", "phase"),
    [
        ("said: 550 no (in reply to MAIL FROM command)", Phase.SENDER),
        ("after initial connection: host mx: 554 no", Phase.SENDER),
        ("SMTP error from remote mail server after pipelined MAIL FROM:<b@x>: 550", Phase.SENDER),
        ("SMTP error from remote server for MAIL FROM command, host: mx: 550", Phase.SENDER),
        (">>> MAIL From:<b@x> SIZE=1 <<< 553 5.1.8 no", Phase.SENDER),
        ("Connected to 192.0.2.7 but sender was rejected.", Phase.SENDER),
        ("550 no [MAIL_FROM]", Phase.SENDER),
        ("SMTP error from remote mail server after RCPT TO:<a@x>: 550", Phase.RECIPIENT),
        ("mx [192.0.2.7] did not like our RCPT TO: 550", Phase.RECIPIENT),
        (">>> RCPT To:<a@x> <<< 550", Phase.RECIPIENT),
        ("mx did not like our final DATA: 550", Phase.CONTENT),
        ("192.0.2.7 failed after I sent the message.", Phase.CONTENT),
        ("said: 550 no (in reply to RCPT TO command)", Phase.RECIPIENT),
        ("192.0.2.7 does not like recipient.", Phase.RECIPIENT),
        ("said: 550 no (in reply to end of DATA command)", Phase.CONTENT),
        ("550 no", Phase.UNKNOWN),
    ],
)
def test_the_phase_that_the_words_tell(words: str, phase: Phase) -> None:
    assert weigh("", words).phase is phase


@pytest.mark.parametrize("command", ["MAIL FROM", "EHLO"])
def test_the_phase_that_stands_in_the_notice_alone(command: str) -> None:
    """Postfix tells it in its letter and not in the field."""
    letter = (
        f"<ada@example.net>: host mx said: 550 5.1.1 Unknown user (in reply to {command} command)"
    )
    assert parse(report("5.1.1", "550 5.1.1 Unknown user", letter)).kind is Kind.POLICY
    of_recipient = letter.replace(command, "RCPT TO")
    assert parse(report("5.1.1", "550 5.1.1 Unknown user", of_recipient)).kind is Kind.HARD


def test_the_servers_own_code_comes_first() -> None:
    evidence = weigh("5.1.1 (bad)", "smtp; 552-5.2.2 over 552 5.2.2 quota, 10.5.1.1 and v5.1.1.2")
    assert (evidence.code, evidence.status, evidence.reply) == ("5.2.2", "5.1.1", 552)
    assert (evidence.number, evidence.transient) == ("5.2.2", False)
    assert best_code("5.0.0 and 5.1.0", "5.7.1") == "5.7.1"
