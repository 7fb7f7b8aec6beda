"""What mail systems of many makers and languages write, retold for the tests.

``NOTICES`` are failures and delays by name, with what they mean; ``ANSWERS`` are automatic mails
that say nothing about an address.
"""

from collections.abc import Iterator
from email.header import Header

from bounce_samples import to_token

from digestmail.bounces import Kind

HARD, SOFT, POLICY, DELAYED = Kind.HARD, Kind.SOFT, Kind.POLICY, Kind.DELAYED
DAEMON = "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>"
COPY = """\
Received: from digest.example.org by mx.example.net
From: Daily papers <daily@digest.example.org>
To: ada@example.net
Subject: 12 new papers for you

Mailbox full? User unknown? A study of blocked channels, 5.7.1
"""


def notice(subject: str, text: str, sender: str = DAEMON, extra: str = "") -> bytes:
    """A mail of plain text to the envelope sender. ``extra``: header lines."""
    encoded = subject if subject.isascii() else Header(subject, "utf-8", maxlinelen=900).encode()
    head = f"Return-Path: <>\nFrom: {sender}\nTo: {to_token()}\nSubject: {encoded}\n"
    kind = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    return f"{head}Message-ID: <n@mx.example.net>\n{extra}{kind}\n{text}\n".encode()


def report(status: str, diagnostic: str, text: str = "", **changed: str) -> bytes:
    """A notification of RFC 3464 with a copy of our mail."""
    given = {"subject": "Undeliverable", "action": "failed", "sender": DAEMON} | changed
    encoded = Header(given["subject"], "utf-8", maxlinelen=900).encode()
    code = f"Diagnostic-Code: smtp;{diagnostic}\n" if diagnostic else ""
    return f"""\
Return-Path: <>
From: {given["sender"]}
To: {to_token()}
Subject: {encoded}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{text}

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns;mx.example.net

Final-Recipient: rfc822;ada@example.net
Action: {given["action"]}
Status: {status}
{code}
--b1
Content-Type: message/rfc822

{COPY}
--b1--
""".encode()


def _qmail(*said: str) -> bytes:
    return notice(
        "failure notice",
        "Hi. This is the qmail-send program at mx.example.net.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<ada@example.net>:\n{chr(10).join(said)}\n\n"
        f"--- Below this line is a copy of the message.\n\nReturn-Path: <{to_token()}>\n{COPY}",
        "MAILER-DAEMON@mx.example.net",
    )


def _exim(*said: str) -> bytes:
    return notice(
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  ada@example.net\n    {'    '.join(said)}\n\n"
        f"------ This is a copy of the message, including all the headers. ------\n\n{COPY}",
        "Mail Delivery System <Mailer-Daemon@mx.example.net>",
        "X-Failed-Recipients: ada@example.net\nAuto-Submitted: auto-replied\n",
    )


def _sendmail(reason: str, *transcript: str) -> bytes:
    return notice(
        "Returned mail: see transcript for details",
        "The original message was received at Fri, 20 Nov 2026 06:00:01 GMT\n"
        "from digest.example.org [192.0.2.1]\n\n"
        "   ----- The following addresses had permanent fatal errors -----\n"
        f"<ada@example.net>\n    (reason: {reason})\n\n"
        f"   ----- Transcript of session follows -----\n{chr(10).join(transcript)}\n\n"
        f"   ----- Original message follows -----\n\n{COPY}",
    )


def _postfix(*said: str) -> bytes:
    return notice(
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.example.net.\n\n"
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n\n"
        "For further assistance, please send mail to postmaster.\n\n"
        "If you do so, please include this problem report. You can\n"
        "delete your own text from the attached returned message.\n\n"
        f"                   The mail system\n\n<ada@example.net>: {chr(10).join(said)}\n",
        "MAILER-DAEMON@mx.example.net (Mail Delivery System)",
    )


def _domino(why: str, subject: str = "DELIVERY FAILURE: ") -> bytes:
    return notice(
        f"{subject}{why}",
        "Your message\n\n  Subject: 12 new papers for you\n\nwas not delivered to:\n\n"
        f"  ada@example.net\n\nbecause:\n\n  {why}\n",
        "Postmaster@example.net",
    )


def _groupwise(why: str) -> bytes:
    return notice(
        "Message status - undeliverable",
        "The message that you sent was undeliverable to the following:\n"
        f"\tada ({why})\n\nPossibly truncated original message follows:\n\n{COPY}",
        "Mailer-Daemon@example.net",
    )


def _exchange(subject: str, *said: str, sender: str = "System Administrator") -> bytes:
    return notice(
        subject,
        "Your message\n\n  To:      ada@example.net\n  Subject: 12 new papers for you\n"
        "  Sent:    Fri, 20 Nov 2026 06:00:00 +0000\n\n"
        "did not reach the following recipient(s):\n\n"
        f"ada@example.net on Fri, 20 Nov 2026 06:00:05 +0000\n    {'    '.join(said)}\n",
        f"{sender} <admin@example.net>",
    )


NOTICES: dict[str, tuple[Kind, bytes]] = {
    # qmail and its children
    "qmail-local": (HARD, _qmail("Sorry, no mailbox here by that name. (#5.1.1)")),
    "qmail-vpopmail": (
        HARD,
        _qmail("This address no longer accepts mail."),
    ),
    "qmail-remote": (
        HARD,
        _qmail(
            "192.0.2.7 does not like recipient.",
            "Remote host said: 550 <ada@example.net>: User unknown",
            "Giving up on 192.0.2.7.",
        ),
    ),
    "qmail-no-host": (
        HARD,
        _qmail("Sorry, I couldn't find any host named example.net. (#5.1.2)"),
    ),
    "qmail-queue-time": (
        SOFT,
        _qmail(
            "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)",
            "I'm not going to try again; this message has been in the queue too long.",
        ),
    ),
    "qmail-quota": (SOFT, _qmail("The user's mailbox is over quota. (#5.2.2)")),
    "qmail-content": (
        POLICY,
        _qmail(
            "192.0.2.7 failed after I sent the message.",
            "Remote host said: 554 5.7.1 Message blocked as spam",
        ),
    ),
    "yahoo": (
        HARD,
        notice(
            "Failure Notice",
            "Sorry, we were unable to deliver your message to the following address.\n\n"
            "<ada@yahoo.example>:\nRemote host said: 554 delivery error: dd This user doesn't have"
            " a yahoo.example account (ada@yahoo.example) [0] - mta1001.mail.yahoo.example\n"
            f" [BODY]\n\n--- Below this line is a copy of the message.\n\n{COPY}",
            "MAILER-DAEMON@yahoo.example",
        ),
    ),
    "yahoo-disabled": (
        HARD,
        report(
            "5.0.0",
            " 554 30 Sorry, your message to ada@yahoo.example cannot be delivered."
            " This mailbox is disabled (554.30).",
        ),
    ),
    # Exim
    "exim-unknown": (
        HARD,
        _exim(
            "host mx.example.net [192.0.2.7]\n",
            "SMTP error from remote mail server after RCPT TO:<ada@example.net>:\n",
            "550 No such user here",
        ),
    ),
    "exim-unrouteable": (HARD, _exim("Unrouteable address")),
    "exim-retry": (
        SOFT,
        _exim("host mx.example.net [192.0.2.7]: Connection timed out:\n", "retry timeout exceeded"),
    ),
    "exim-full": (
        SOFT,
        _exim("mailbox is full (MTA-imposed quota exceeded while writing to file)"),
    ),
    "exim-spam": (
        POLICY,
        _exim(
            "SMTP error from remote mail server after end of data:\n",
            "550 This message was classified as SPAM and may not be delivered",
        ),
    ),
    "exim-delay": (
        DELAYED,
        notice(
            "Warning: message 1abcDE-000123-Ab delayed 24 hours",
            "This message was created automatically by mail delivery software.\n"
            "A message that you sent has not yet been delivered to one or more of its\n"
            "recipients after more than 24 hours on the queue on mx.example.net.\n\n"
            "No action is required on your part. Delivery attempts will continue for\n"
            "some time, and this warning may be repeated at intervals.\n",
            extra="Auto-Submitted: auto-replied\n",
        ),
    ),
    # sendmail
    "sendmail-unknown": (
        HARD,
        _sendmail(
            "550 5.1.1 <ada@example.net>... User unknown",
            "... while talking to mx.example.net.:",
            ">>> RCPT To:<ada@example.net>",
            "<<< 550 5.1.1 <ada@example.net>... User unknown",
            "550 5.1.1 <ada@example.net>... User unknown",
            "<<< 503 5.0.0 Need RCPT (recipient)",
        ),
    ),
    "sendmail-host": (
        HARD,
        _sendmail(
            "550 Host unknown", "550 5.1.2 <ada@example.net>... Host unknown (Name server: no data)"
        ),
    ),
    "sendmail-access": (
        POLICY,
        _sendmail("550 5.7.1 Access denied", "<<< 550 5.7.1 Access denied"),
    ),
    "sendmail-delay": (
        DELAYED,
        notice(
            "Warning: could not send message for past 4 hours",
            "    **********************************************\n"
            "    **      THIS IS A WARNING MESSAGE ONLY      **\n"
            "    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n"
            "    **********************************************\n\n"
            "   ----- Transcript of session follows -----\n"
            "451 example.net: Name server timeout\n"
            "Warning: message still undelivered after 4 hours\n"
            "Will keep trying until message is 5 days old\n",
        ),
    ),
    # Postfix
    "postfix-unknown": (
        HARD,
        _postfix(
            "host mx.example.net[192.0.2.7] said: 550 5.1.1",
            "    <ada@example.net>: Recipient address rejected: User unknown in virtual mailbox",
            "    table (in reply to RCPT TO command)",
        ),
    ),
    "postfix-local": (HARD, _postfix('unknown user: "ada"')),
    "postfix-dns": (
        SOFT,
        _postfix(
            "Host or domain name not found. Name service error for",
            "    name=example.net type=A: Host not found, try again",
        ),
    ),
    "postfix-reputation": (
        POLICY,
        _postfix(
            "host mx.example.net[192.0.2.7] refused to talk to me: 554-mx.example.net",
            "    Your access to this mail system has been rejected due to the sending MTA's",
            "    poor reputation.",
        ),
    ),
    "postfix-delay": (
        DELAYED,
        report(
            "4.4.1",
            " connect to mx.example.net[192.0.2.7]:25: Connection timed out",
            "It could not be delivered for more than 1 hour(s).",
            action="delayed",
            subject="Delayed Mail (still being retried)",
        ),
    ),
    # Microsoft
    "exchange-5.5": (
        HARD,
        _exchange(
            "Undeliverable: 12 new papers for you",
            "The e-mail account does not exist at the organization this message was sent to.\n",
            "Check the e-mail address, or contact the recipient directly.\n",
            "<mx.example.net #5.1.1>",
        ),
    ),
    "exchange-mapi": (
        HARD,
        _exchange(
            "Undeliverable: 12 new papers for you",
            "The recipient name is not recognized\n",
            "The MTS-ID of the original message is: c=us;a= ;p=example;l=MX-061120\n",
            "MSEXCH:IMS:EXAMPLE:SITE:MX 0 (000C05A6) Unknown Recipient",
        ),
    ),
    "exchange-full": (
        SOFT,
        _exchange(
            "Undeliverable: 12 new papers for you",
            "The recipient's mailbox is full and can't accept messages now.\n",
            "Please try resending this message later.",
        ),
    ),
    "exchange-2016": (
        HARD,
        report(
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ada@example.net not found by"
            " SMTP address lookup",
            subject="Undeliverable: 12 new papers for you",
            sender="Microsoft Outlook <MicrosoftExchange329e71@example.net>",
        ),
    ),
    "exchange-quota": (
        SOFT,
        report("5.2.2", "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceeded"),
    ),
    "exchange-restricted": (
        POLICY,
        report("5.7.1", "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required"),
    ),
    "office365-5.7.606": (
        POLICY,
        report("5.7.606", "550 5.7.606 Access denied, banned sending IP [192.0.2.1]"),
    ),
    "office365-5.4.1": (
        HARD,  # by which Microsoft means an unknown recipient
        report("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
    ),
    "outlook-5.5.0": (
        HARD,
        report(
            "5.5.0",
            "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
        ),
    ),
    "exchange-delay": (
        DELAYED,
        report(
            "4.4.7",
            "",
            "Delivery is delayed to these recipients or groups:\nada@example.net",
            action="delayed",
            subject="Delivery delayed: 12 new papers for you",
        ),
    ),
    "exchange-expired": (
        SOFT,
        report("4.4.7", "550 4.4.7 QUEUE.Expired; message expired", subject="Undeliverable: x"),
    ),
    # Google
    "gmail-5.1.1": (
        HARD,
        report(
            "5.1.1",
            " 550-5.1.1 The email account that you tried to reach does not exist.",
            "** Address not found **",
            subject="Delivery Status Notification (Failure)",
        ),
    ),
    "gmail-full": (
        SOFT,
        report("5.2.2", " 552-5.2.2 The recipient's inbox is out of storage space and inactive."),
    ),
    "gmail-disabled": (
        HARD,
        report("5.2.1", " 550-5.2.1 The email account that you tried to reach is inactive."),
    ),
    "gmail-alias": (
        POLICY,
        notice(
            "Delivery Status Notification (Failure)",
            "** Message not delivered **\n\nYou're sending this from a different address or alias"
            " using the 'Send mail as' feature. The settings for your 'Send mail as' account are"
            " misconfigured or out of date. Check those settings and try resending.\n",
            "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        ),
    ),
    "gmail-rate": (
        SOFT,
        report("4.2.1", " 450-4.2.1 The user you are trying to contact is receiving mail too fast"),
    ),
    "gmail-unauthenticated": (
        POLICY,
        report(
            "5.7.26",
            " 550-5.7.26 This mail has been blocked because the sender is unauthenticated.",
        ),
    ),
    "gmail-delay": (
        DELAYED,
        notice(
            "Delivery Status Notification (Delay)",
            "** Delivery incomplete **\n\nThere was a temporary problem delivering your message to"
            " ada@example.net. Gmail will retry for 47 more hours. You'll be notified if the"
            " delivery fails permanently.\n",
            "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        ),
    ),
    # Lotus Domino, GroupWise, IMail and other servers of offices
    "domino-unknown": (
        HARD,
        _domino("User ada (ada@example.net) not listed in Domino Directory"),
    ),
    "domino-quota": (
        SOFT,
        _domino("Error delivering to ada/EXAMPLE; database is over its size quota"),
    ),
    "domino-route": (
        SOFT,
        _domino("Error transferring to mx.example.net; Maximum hop count exceeded"),
    ),
    "domino-german": (
        HARD,
        notice(
            "ZUSTELLUNGSFEHLER: Benutzer ada nicht im Domino-Verzeichnis aufgeführt",
            "Ihr Dokument:\n  12 new papers for you\nkonnte nicht zugestellt werden an:\n"
            "  ada@example.net\nweil:\n  Benutzer ada nicht im Domino-Verzeichnis aufgeführt\n",
            "Postmaster@example.net",
        ),
    ),
    "groupwise-unknown": (HARD, _groupwise("user not found")),
    "groupwise-full": (SOFT, _groupwise("The mailbox is full")),
    "groupwise-connect": (SOFT, _groupwise("Cannot connect to host")),
    "imail": (
        HARD,
        notice(
            "Undeliverable Mail",
            f"Unknown user: ada@example.net\n\nOriginal message follows.\n\n{COPY}",
            "Postmaster <postmaster@example.net>",
        ),
    ),
    "mdaemon": (
        HARD,
        notice(
            "Permanent Delivery Failure",
            "The attached message had PERMANENT fatal delivery errors!\n\n"
            "After one or more unsuccessful delivery attempts the attached message has\n"
            "been removed from the mail queue on this server.\n\n"
            "Session transcript:\n<-- 550 <ada@example.net>, Recipient unknown\n",
            "MDaemon@mx.example.net",
        ),
    ),
    "james": (
        HARD,
        notice(
            "Re:12 new papers for you",
            "Error: Invalid user address\n\nError message below:\n"
            "550 - Requested action not taken: no such user here\n\nMessage details:\n"
            "  Subject: 12 new papers for you\n  MAIL FROM: b@digest.example.org\n"
            "  RCPT TO: ada@example.net\n",
            "post_master@example.net",
        ),
    ),
    "ezweb-filter": (
        POLICY,
        notice(
            "Mail System Error - Returned Mail",
            "<rejected-by-the-domain-filter@ezweb.example>\n\n"
            "Each of the following recipients was rejected by a remote mail server.\n"
            f"---------------------------------------------------\n{COPY}",
            "<Postmaster@ezweb.example>",
        ),
    ),
    "ezweb-unknown": (
        HARD,
        notice(
            "Mail System Error - Returned Mail",
            "The user(s) account is disabled.\n\n<ada@ezweb.example>\n\n"
            f"-------------------\n{COPY}",
            "<Postmaster@ezweb.example>",
        ),
    ),
    "communigate": (
        HARD,
        notice(
            "Undeliverable mail: 12 new papers for you",
            "Failed to deliver to '<ada@example.net>'\nLOCAL module(account ada) reports:\n"
            " account is unknown or closed\n",
        ),
    ),
    "zimbra-quota": (SOFT, report("5.2.2", " 552 5.2.2 Over quota")),
    "courier": (
        HARD,
        notice(
            "NOTICE: mail delivery status.",
            "This is a delivery status notification from mx.example.net,\n"
            "running the Courier mail server, version 0.65.\n\n"
            "The original message was received on Fri, 20 Nov 2026 from digest.example.org\n\n"
            "                      UNDELIVERABLE MAIL\n\n"
            "Your message to the following recipients cannot be delivered:\n\n"
            "<ada@example.net>:\n    mx.example.net [192.0.2.7]:\n"
            "<<< 550 User <ada@example.net> unknown\n",
            '"Courier mail server at mx.example.net" <@>',
        ),
    ),
    # filters before the mailbox
    "mimecast-unknown": (
        HARD,
        report("5.0.0", " 550 Invalid Recipient - https://community.mimecast.example#550"),
    ),
    "mimecast-spoofing": (
        POLICY,
        report("5.0.0", " 550 Rejected by header based Anti-Spoofing policy"),
    ),
    "mimecast-content": (
        POLICY,
        report("5.0.0", " 554 Email rejected due to security policies"),
    ),
    "proofpoint-unknown": (HARD, report("5.1.1", " 550 5.1.1 User Unknown")),
    "proofpoint-blocked": (
        POLICY,
        report("5.0.0", " 554 Blocked - see https://ipcheck.proofpoint.example/?ip=192.0.2.1"),
    ),
    "symantec-unknown": (
        HARD,
        notice(
            "Mail Delivery Failure",
            "This is the mail delivery agent at Symantec Email Security.cloud.\n"
            "I was unable to deliver your message to the following addresses:\n\n"
            "ada@example.net\n\nReason: 550 Invalid recipient <ada@example.net> (#5.1.1)\n\n"
            "The message subject was: 12 new papers for you\n",
        ),
    ),
    "symantec-virus": (
        POLICY,
        report("5.0.0", " 553-Message filtered. Refer to the Troubleshooting page"),
    ),
    "barracuda": (
        POLICY,
        report("5.0.0", " 550 permanent failure for one or more recipients (ada@…:blocked)"),
    ),
    "ironport": (
        POLICY,
        report("5.0.0", " 554 #5.7.1 Your access to submit messages has been rejected. SBRS"),
    ),
    "spamhaus": (
        POLICY,
        report(
            "5.7.1",
            " 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked by zen.spamhaus",
        ),
    ),
    "greylisted-for-ever": (
        SOFT,
        report("4.7.1", " 451 4.7.1 Greylisting in action, please come back later"),
    ),
    "size": (
        POLICY,
        report("5.3.4", " 552 5.3.4 Message size exceeds fixed limit"),
    ),
    "loop": (SOFT, report("5.4.6", " 554 5.4.6 Too many hops")),
    # the words of other languages
    "german-unknown": (
        HARD,
        notice(
            "Unzustellbar: 12 new papers for you",
            "Ihre Nachricht an den folgenden Empfänger konnte nicht zugestellt werden:\n\n"
            "ada@example.net\n\nDer Empfänger ist unbekannt.\n",
            "Systemadministrator <postmaster@example.net>",
        ),
    ),
    "german-full": (
        SOFT,
        notice(
            "Ihre E-Mail konnte nicht zugestellt werden",
            "Das Postfach des Empfängers ist voll.\n\n  ada@example.net\n",
            "MAILER-DAEMON@example.net",
        ),
    ),
    "german-spam": (
        POLICY,
        notice(
            "Unzustellbar: 12 new papers for you",
            "Ihre Nachricht wurde vom Server des Empfängers als Spam abgelehnt.\n",
            "postmaster@example.net",
        ),
    ),
    "french-unknown": (
        HARD,
        notice(
            "Non remis : 12 new papers for you",
            "Votre message n'a pas pu être remis à ada@example.net.\n"
            "L'adresse du destinataire n'existe pas.\n",
            "Administrateur système <postmaster@example.net>",
        ),
    ),
    "french-full": (
        SOFT,
        notice(
            "Échec de la remise : 12 new papers for you",
            "La boîte aux lettres du destinataire est pleine.\n",
            "postmaster@example.net",
        ),
    ),
    "french-orange": (
        HARD,
        report("5.0.0", " 550 5.1.1 Adresse d au moins un destinataire invalide. OFR204_416"),
    ),
    "spanish-unknown": (
        HARD,
        notice(
            "No se puede entregar: 12 new papers for you",
            "No se ha podido entregar el mensaje a ada@example.net.\nEl destinatario no existe.\n",
            "Administrador del sistema <postmaster@example.net>",
        ),
    ),
    "spanish-full": (
        SOFT,
        notice(
            "No entregado: 12 new papers for you",
            "El buzón del destinatario está lleno.\n",
            "postmaster@example.net",
        ),
    ),
    "italian-unknown": (
        HARD,
        notice(
            "Non recapitabile: 12 new papers for you",
            "Impossibile recapitare il messaggio a ada@example.net: utente sconosciuto.\n",
            "postmaster@example.net",
        ),
    ),
    "italian-full": (
        SOFT,
        notice("Mancata consegna", "La casella di posta è piena.\n", "postmaster@example.net"),
    ),
    "portuguese-unknown": (
        HARD,
        notice(
            "Não é possível entregar: 12 new papers for you",
            "A mensagem não pôde ser entregue a ada@example.net: usuário desconhecido.\n",
            "postmaster@example.net",
        ),
    ),
    "portuguese-full": (
        SOFT,
        notice(
            "Falha na entrega",
            "A caixa de correio do destinatário está cheia.\n",
            "postmaster@example.net",
        ),
    ),
    "dutch-unknown": (
        HARD,
        notice(
            "Onbestelbaar: 12 new papers for you",
            "Uw bericht kon niet worden bezorgd bij ada@example.net.\n"
            "Het e-mailadres bestaat niet.\n",
            "Systeembeheerder <postmaster@example.net>",
        ),
    ),
    "polish-unknown": (
        HARD,
        notice(
            "Niedostarczone: 12 new papers for you",
            "Nie można dostarczyć wiadomości do ada@example.net: nieznany użytkownik.\n",
            "postmaster@example.net",
        ),
    ),
    "russian-unknown": (
        HARD,
        notice(
            "Недоставленное сообщение: 12 new papers for you",
            "Письмо не может быть доставлено на адрес ada@example.net: такого пользователя нет,"
            " пользователь не найден.\n",
            "mailer-daemon@mail.example.net",
        ),
    ),
    "russian-full": (
        SOFT,
        notice(
            "Сообщение не доставлено",
            "Почтовый ящик получателя переполнен.\n",
            "mailer-daemon@mail.example.net",
        ),
    ),
    "chinese-unknown": (
        HARD,
        notice(
            "系统退信",
            "很抱歉，您的邮件无法投递到 ada@example.net。\n退信原因：收件人邮箱地址不存在。\n",
            "postmaster@qq.example",
        ),
    ),
    "chinese-full": (
        SOFT,
        notice("系统退信/Systems bounce", "退信原因：对方邮箱已满。\n", "Postmaster@163.example"),
    ),
    "japanese-unknown": (
        HARD,
        notice(
            "配信不能: 12 new papers for you",
            "ada@example.net 宛のメールを配信できませんでした。宛先のユーザーが見つかりません。\n",
            "postmaster@example.net",
        ),
    ),
    "japanese-full": (
        SOFT,
        notice(
            "メール配送エラー",
            "宛先のメールボックスの容量が一杯です。\n",
            "Mail Delivery <MAILER-DAEMON@example.net>",
        ),
    ),
    "korean-unknown": (
        HARD,
        notice(
            "[발송실패 안내] 12 new papers for you",
            "ada@example.net 님에게 메일을 보내지 못했습니다. 존재하지 않는 수신자입니다.\n",
            "postmaster@naver.example",
        ),
    ),
    # notifications whose shape is not quite the standard's
    "no-diagnostic": (HARD, report("5.1.1", "")),
    "status-only-in-words": (HARD, report("5.0.0", " 550 #5.1.0 Address rejected.")),
    "vague-status-dovecot": (
        HARD,
        report("5.0.0", " 550 5.1.1 <ada@example.net> User doesn't exist: ada@example.net"),
    ),
    "moved": (HARD, report("5.1.6", " 551 5.1.6 ada has moved away")),
    "null-mx": (HARD, report("5.1.10", " 556 5.1.10 Domain does not accept mail (nullMX)")),
    "timeout": (SOFT, report("4.4.2", " 421 4.4.2 Connection dropped")),
    "auto-replied-undeliverable": (
        HARD,
        notice(
            "Undeliverable: 12 new papers for you",
            "ada@example.net: 550 5.1.1 user unknown\n",
            "Outlook <noreply@example.net>",
            "Auto-Submitted: auto-replied\n",
        ),
    ),
}


# One reason each, as it stands in a letter without a status code.
REASONS: dict[Kind, list[str]] = {
    HARD: [
        "Recipient address: ada@example.net\n  Reason: Remote SMTP server has rejected "
        "address\n  Diagnostic code: smtp;550 unknown or illegal alias: ada@example.net",
        ">>> ada@example.net\n\nThe following is the reason the message failed:\n550 "
        "<ada@example.net>... unknown user account",
        "-------server message\n550 unknown user <ada@example.net>\n-------SMTP "
        "command\nRCPT TO: <ada@example.net>",
        "Could not be delivered because of\n\n550 User unknown\n\nThe following "
        "recipients were affected: \n   ada@example.net",
        "Message could not be delivered to mobile.\nError: No valid recipients for this MM",
        "Reason: delivery failure at destination, mailbox unknown",
        "550 RCP-P2 the recipient doesn't exist",
        "ada@example.net Invalid Address, ERROR_CODE :550, user does not exist",
        "550 Message was not accepted -- invalid mailbox.  Local mailbox ada@example.net "
        "is unavailable: user not found",
        "There was an error delivering your mail to <ada@example.net>.\n\nmx [192.0.2.1] "
        "did not like our RCPT TO:\n550 User unknown",
        "550 Recipient address rejected: undeliverable address: unknown user",
        "550 Not our Customer",
        "550 Recipient not found",
        "550 ada@example.net is not a valid mailbox",
        "550 Unknown local part ada in <ada@example.net>",
        "550 5.0.0 <ada@example.net>... No such user",
        "554 No such recipient here",
        "553 sorry, that recipient is not in my validrcptto list",
        "550 This account has been disabled or discontinued",
        "550 Address invalid",
        "501 bad address syntax: ada@@example.net",
        "DNS Error: 12345 DNS type 'mx' lookup of example.net responded with code "
        "NXDOMAIN. Domain name not found: example.net",
        "The email address you entered couldn't be found. Please check the recipient's "
        "email address and try to resend the message.",
        "550 Benutzer nicht gefunden",
        "L'utente ada@example.net non esiste",
        "La dirección de correo electrónico que ha especificado no se encuentra",
        "Die eingegebene E-Mail-Adresse konnte nicht gefunden werden",
        "L’adresse de messagerie que vous avez entrée est introuvable",
        "O endereço de e-mail que você inseriu não foi encontrado",
        "Адрес не найден. Письмо не доставлено по адресу",
        "550 メールアドレスが存在しません",
        "550 no mailbox by that name is currently available",
        "550 Invalid recipient ada@example.net (Mode: normal)",
        "550 sorry, no such user at this address",
        "550-ada@example.net 550 is not a recognised user on this system",
        "The following recipient address does not exist: ada@example.net",
        "554 delivery error: This user doesn't have an account here",
        "550 Mailbox disabled for this recipient",
        "551 User not local; please try <ada@other.example>",
        "user is no longer with this company",
        "550 Requested action not taken: mailbox not found",
        "This user's account is closed. I'm not going to try again.",
        "550 ... Recipient unknown",
        "Account ada@example.net doesn't exist",
        "Unable to deliver message: mailbox for ada is not known",
    ],
    SOFT: [
        "Your message cannot be delivered to the following recipients:\n  Reason: "
        "Recipient is over disk quota",
        "Your mail sent on: Thu, 29 Apr 2010 11:04:47 +0900\nCould not be delivered to: "
        "<ada@example.net>\nAs their mailbox is full.",
        "The number of messages in recipient's mailbox exceeded the local limit.",
        "An error has occurred while attempting to deliver a message for\nthe following "
        "list of recipients:\n\nada@example.net: 552 Quota exceeded",
        "retry time not reached for any host after a long failure period",
        "mail forwarding loop for ada@example.net",
        "552 Mailbox limit exceeded for this email address",
        "The user's mailbox has exceeded the maximum storage allowed",
        "451 Requested action aborted: local error in processing",
        "452 Insufficient system storage",
        "The recipient server did not accept our requests to connect",
        "Connection refused by mx.example.net",
        "No route to host",
        "DNS Error: 12345 DNS type 'mx' lookup of example.net responded with code SERVFAIL",
        "The following message could not be delivered in 5 days; giving up. Delivery time expired",
        "La bandeja de entrada del destinatario está llena",
        "La boîte de réception du destinataire est saturée",
        "您发送的邮件，对方邮箱空间不足",
        "552 user has exceeded quota",
        "Recipient mailbox is over quota",
        "mailfolder is full",
        "No room in mailbox",
        "mx.example.net: Name or service not known",
        "Operation timed out",
        "All relevant MX records point to non-existent hosts",
        "Server busy; service unavailable, closing transmission channel",
        "Network is unreachable",
        "450 Requested mail action not taken: mailbox unavailable",
    ],
    POLICY: [
        "SMTP error from remote server for TEXT command, host: mx.example.net reason: 550 "
        "message refused: considered unsolicited bulk mail",
        "550 relay not permitted",
        "550 Administrative prohibition",
        "550 Verification failed for <b@digest.example.org>\n550 Sender verify failed",
        "552 message size exceeds maximum permitted",
        "550 Sender address rejected: Domain not found",
        "554 Helo command rejected: need fully-qualified hostname",
        "message size 12345 exceeds size limit 10000 of server mx",
        "554 Client host rejected: cannot find your hostname, [192.0.2.1]",
        "550 SC-001 Unfortunately, messages from 192.0.2.1 weren't sent. Please contact "
        "your Internet service provider since part of their network is on our block list.",
        "554 Message not accepted for policy reasons",
        "553 sorry, that domain isn't in my list of allowed rcpthosts",
        "550 Your message was considered junk",
        "550 Mail is rejected by recipients. The message contains a virus",
        "550 Rejected for policy reasons: spoofed",
        "554 5.0.0 Mail rejected. Poor reputation of the sender",
        "571 Message Refused: rejected due to content restrictions",
        "550 SPF check failed: not permitted sender",
        "554 IP listed in RBL",
        "550 High probability of spam",
        "554 Your IP address is listed at spamcop",
        "550 Mail content denied",
        "554 Message rejected because it contains a forbidden attachment",
        "550 JunkMail rejected",
        "The message was rejected by the recipient's content filter",
        "550 DKIM signature verification failed",
        "Rejected: 550 You are not allowed to send to this address",
        "550 Reverse DNS lookup failed for host 192.0.2.1",
        "550 No PTR record for 192.0.2.1",
        "554 Blacklisted URL in message",
        "550 Message is too large; maximum size is 10 MB",
        "421 your server is being rate limited due to reputation",
        "This message has been quarantined",
        "Too many connections, slow down",
        "550 Mail refused - Address <a> found in list of blacklisted senders",
    ],
}


def _answers() -> Iterator[tuple[str, bytes]]:
    person = "Ada <ada@example.net>"
    subjects = {
        "english": "Automatic reply: 12 new papers for you",
        "english-old": "Out of Office AutoReply: 12 new papers for you",
        "german": "Automatische Antwort: 12 new papers for you",
        "german-old": "Abwesenheitsnotiz: 12 new papers for you",
        "french": "Réponse automatique : 12 new papers for you",
        "spanish": "Respuesta automática: 12 new papers for you",
        "italian": "Risposta automatica: 12 new papers for you",
        "portuguese": "Resposta automática: 12 new papers for you",
        "dutch": "Automatisch antwoord: 12 new papers for you",
        "swedish": "Autosvar: 12 new papers for you",
        "norwegian": "Automatisk svar: 12 new papers for you",
        "finnish": "Automaattinen vastaus: 12 new papers for you",
        "polish": "Odpowiedź automatyczna: 12 new papers for you",
        "czech": "Automatická odpověď: 12 new papers for you",
        "turkish": "Otomatik Yanıt: 12 new papers for you",
        "russian": "Автоматический ответ: 12 new papers for you",
        "chinese": "自动答复: 12 new papers for you",
        "japanese": "自動応答: 12 new papers for you",
        "korean": "자동 회신: 12 new papers for you",
        "vacation": "Vacation reply: 12 new papers for you",
        "away": "I am away from my mail Re: 12 new papers for you",
    }
    moved = "I have left; this mailbox is disabled. 550 5.1.1 user unknown. Undeliverable soon."
    for name, subject in subjects.items():
        yield f"oof-{name}", notice(subject, moved, person)
    marked = {
        "rfc3834": "Auto-Submitted: auto-replied\n",
        "rfc3834-comment": "Auto-Submitted: auto-replied (vacation)\n",
        "exchange": "X-Auto-Response-Suppress: All\nAuto-Submitted: auto-generated\n",
        "precedence": "Precedence: auto_reply\n",
        "autoreply": "X-Autoreply: yes\n",
        "autorespond": "X-Autorespond: Re: 12 new papers for you\n",
        "cpanel": "X-Autorespond:\nX-Precedence: auto_reply\nPrecedence: bulk\n",
        "gmail-vacation": "Precedence: bulk\nX-Autoreply: yes\nAuto-Submitted: auto-replied\n",
        "google-groups": "Precedence: list\nAuto-Submitted: auto-replied\n",
    }
    for name, extra in marked.items():
        yield name, notice("Re: 12 new papers for you", moved, person, extra)
    yield (
        "challenge",
        notice(
            "Re: 12 new papers for you [please confirm]",
            "Your message has not been delivered yet. To deliver it, press this link.",
            "Ada <ada-confirm-123@example.net>",
            "Auto-Submitted: auto-replied\n",
        ),
    )
    yield (
        "list-held",
        notice(
            "Your message to Papers awaits moderator approval",
            "Your mail to 'Papers' is being held until the list moderator can review it.",
            "papers-bounces@lists.example.net",
            "Auto-Submitted: auto-replied\nPrecedence: bulk\n",
        ),
    )
    yield (
        "postmaster-away",
        notice("Automatic reply: your papers", "The postmaster is away.", "postmaster@example.net"),
    )
    for subject in ("Read: 12 new papers", "Not read: 12 new papers", "Gelesen: 12 new papers"):
        raw = report("5.1.1", "", subject=subject, sender=person)
        yield (
            subject.partition(":")[0],
            raw.replace(b"delivery-status", b"disposition-notification"),
        )


ANSWERS = dict(_answers())
