"""The words with which programs say where a subscriber stands.

Who left, bounced or complained is recognised first: a refusal that is overlooked is a mail to
somebody who did not want it, and one seen where there is none can be undone by its owner.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from digestmail.domain import SubscriberStatus
from digestmail.errors import InputError

ACTIVE, PENDING, PAUSED = (
    SubscriberStatus.ACTIVE,
    SubscriberStatus.PENDING,
    SubscriberStatus.PAUSED,
)
UNSUBSCRIBED, BOUNCED, COMPLAINED = (
    SubscriberStatus.UNSUBSCRIBED,
    SubscriberStatus.BOUNCED,
    SubscriberStatus.COMPLAINED,
)
REFUSALS = frozenset({UNSUBSCRIBED, BOUNCED, COMPLAINED})
_STRICTNESS = (ACTIVE, PENDING, PAUSED, UNSUBSCRIBED, BOUNCED, COMPLAINED)

# Whole values, as ``plain_words`` has them: lower case, no accents, one blank between words.
_VALUES = {
    ACTIVE: """
        active, activated, enabled, past due, churning, unpaid, subscribed, subscriber,
        confirmed, opted in, opt in, double opt in, single opt in, regular, premium,
        gifted, trialed, paid, free, comp, member, each email, all email, every email,
        owner, manager, email, mail, normal, verified, valid, express, implicit, ok, on,
        yes, true, digest, digests, plaintext digests, mime digests, summary digests,
        abridged, soft bounced, soft bounce, existing customer, explicit, accepted,
        allowed, aktiv, angemeldet, abonniert, bestatigt, actif, abonne, abonnee,
        inscrit, confirme, activo, suscrito, confirmado, ativo, inscrito, assinante,
        attivo, iscritto, confermato, actief, ingeschreven, geabonneerd, bevestigd,
        aktywny, zapisany, prenumererar, tilmeldt, aktivni, aktif, подписан, активен,
        активный, подтвержден, 有効, 登録済み, 购读中, 已订阅, 活跃
        """,
    PENDING: """
        pending, unconfirmed, not confirmed, unactivated, not activated, awaiting
        confirmation, pending confirmation, confirmation pending, invited, invitation
        pending, waiting, unverified, not verified, new, unknown, no permissions set, opt in
        pending, upcoming, requested, unbestatigt, nicht bestatigt, ausstehend, eingeladen,
        en attente, non confirme, pendiente, sin confirmar, pendente, in attesa, non
        confermato, nao confirmado, in afwachting, onbevestigd, oczekujacy, niepotwierdzony,
        ожидает, не подтвержден, 保留中, 未確認, 待确认
        """,
    PAUSED: """
        paused, by user, by moderator, nomail, no mail, no email, none, web only, vacation,
        on hold, temporary hold, suspended, holiday, snoozed, pausiert, angehalten,
        ausgesetzt, en pause, suspendu, pausado, suspendido, suspenso, in pausa, sospeso,
        gepauzeerd, wstrzymany, приостановлен, 一時停止, 暂停
        """,
    UNSUBSCRIBED: """
        unsubscribed, unsubscribe, unsubscribes, unsub, opted out, opt out, optout,
        optedout, left, cancelled, canceled, removed, deleted, archived, inactive,
        deactivated, disabled, blocked, blocklisted, blacklisted, block listed, black
        listed, banned, suppressed, rejected, declined, denied, refused, churned, expired,
        nonsubscribed, non subscribed, not subscribed, transactional, never subscribed, do
        not mail, do not email, do not contact, not opted in, revoked, withdrawn, spammy,
        off, no, false, abgemeldet, ausgetragen, gekundigt, geloscht, gesperrt, inaktiv,
        deaktiviert, abbestellt, desabonne, desabonnee, desinscrit, desinscrite, inactif,
        supprime, bloque, resilie, baja, dado de baja, dada de baja, cancelado, inactivo,
        eliminado, bloqueado, desuscrito, no suscrito, descadastrado, inscricao cancelada,
        inativo, removido, disiscritto, disiscritta, cancellato, annullato, inattivo,
        rimosso, bloccato, non iscritto, uitgeschreven, afgemeld, opgezegd, geblokkeerd,
        inactief, wypisany, zrezygnowal, nieaktywny, usuniety, avregistrerad, avmeldt,
        frameldt, afmeldt, отписан, отписался, отписана, неактивен, удален, заблокирован,
        配信停止, 退会, 解除済み, 登録解除, 無効, 已退订, 退订, 取消订阅
        """,
    BOUNCED: """
        bounced, bounce, bounces, bouncing, hard bounced, hard bounce, hardbounce, by
        bounces, cleaned, undeliverable, undelivered, invalid, invalid email, invalid
        address, dead, does not exist, nonexistent, mailbox not found, failed, returned,
        unzustellbar, zuruckgekommen, ungultig, rejete, rebondi, invalide, non distribuable,
        rebotado, rebote, invalido, devolvido, devuelto, rimbalzato, non valido,
        onbestelbaar, gebounced, ongeldig, odbity, studsat, недоставлен, недействителен,
        отклонен, エラー, 不達, 无效, 退信
        """,
    COMPLAINED: """
        complained, complaint, complaints, complainer, spam, spam complaint, spam reported,
        reported spam, reported as spam, marked as spam, marked spam, abuse, abuse
        complaint, abuse report, junk, feedback loop, beschwerde, beschwert, als spam
        gemeldet, spam gemeldet, plainte, signale comme spam, spam signale, plaint, queja,
        marcado como spam, denunciado, denuncia, reclamacao, reclamou, segnalato come spam,
        reclamo, klacht, als spam gemarkeerd, skarga, жалоба, спам, пожаловался, 苦情, 迷惑メール,
        投诉, 垃圾邮件
        """,
}
# Words in longer values, "Unsubscribed by admin", told by their beginnings.
_REFUSING_WORDS = (
    (COMPLAINED, ("complain", "spam", "abuse", "beschwerde", "queja", "klacht")),
    (BOUNCED, ("bounc", "hardbounc", "undeliver", "unzustellbar")),
    (
        UNSUBSCRIBED,
        (
            *("unsub", "optout", "opted out", "opt out", "blocklist", "blacklist", "suppress"),
            *("abgemeldet", "desabonn", "desinscri", "disiscri", "uitgeschreven", "отпис"),
        ),
    ),
)
_JOINED = re.compile(r"(?<=[a-z])(?=[A-Z])")  # HardBounce
_ENUMERATION = re.compile(r"^[A-Z]\w*\.(?=[a-z_]+$)")  # DeliveryStatus.by_bounces
_REMARK = re.compile(r"\([^()]*\)")
_PERMANENT = re.compile(r"(5 1 \d+|55[0134])\b")  # of RFC 3463 and RFC 5321: no such mailbox
_NEGATION = re.compile(
    r"(^|\s)(not?|never|non|nicht|nie|kein\w*|pas|sin|sem|niet|geen|soft|0)\s", re.IGNORECASE
)
_TRUE = frozenset(
    "1 1.0 yes y true t on x ja j oui o si s sim v vero wahr vrai verdadero да 是 はい ✓ ✔".split()  # noqa: SIM905
)
_FALSE = frozenset(
    [
        *("", "0", "0.0", "no", "n", "false", "f", "off", "none", "null", "nil", "never", "na"),
        *("n a", "nan", "nein", "non", "nao", "nee", "falsch", "faux", "falso", "nie", "niemals"),
        *("нет", "否", "いいえ", "undefined", "empty", "not set"),
    ]
)


def plain_words(text: str) -> str:
    """Return ``text`` in lower case, without accents and punctuation, one blank between words."""
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold()
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+|[✓✔]", letters))


@lru_cache(maxsize=1)
def _statuses() -> dict[str, SubscriberStatus]:
    return {
        plain_words(value): status
        for status, values in _VALUES.items()
        for value in values.split(",")
    }


@lru_cache(maxsize=4096)
def status_of(text: str) -> SubscriberStatus | None:
    """Return the status that a value names, None for an empty one.

    InputError("status") for a word that nobody knows: it may be a refusal.
    """
    value = plain_words(_JOINED.sub(" ", _ENUMERATION.sub("", text.strip())))
    if not value:
        return None
    bare = plain_words(_REMARK.sub(" ", text))
    known = _statuses().get(value) or _statuses().get(value.replace(" ", ""))
    status = known or _refusal_in(value) or _statuses().get(bare)
    if status is None:
        known_words = ", ".join(SubscriberStatus)
        raise InputError(
            "status", f"“{text.strip()[:30]}” is not one of {known_words}; use one of these"
        )
    return status


def _refusal_in(value: str) -> SubscriberStatus | None:
    """Return the refusal that a longer value or a mail server's code tells."""
    if _PERMANENT.match(value):
        return BOUNCED
    if not _NEGATION.search(f"{value} "):
        for status, beginnings in _REFUSING_WORDS:
            if any(f" {beginning}" in f" {value}" for beginning in beginnings):
                return status
    return None


@lru_cache(maxsize=4096)
def truth_of(text: str) -> bool | None:
    """Return what a yes-or-no cell says; None for what is neither, such as a date."""
    value = plain_words(text)
    if value in _FALSE or not value.strip("0 "):  # "0000-00-00 00:00:00" too
        return False
    return True if value in _TRUE else None


_FILE_NAMES = (
    (COMPLAINED, re.compile(r"\b(complain(ts?|ed|ers?)|spam)\b")),
    (
        BOUNCED,
        re.compile(r"\b(bounce[ds]?|bouncing|cleaned (members|audience|subscribers|export))"),
    ),
    (
        UNSUBSCRIBED,
        re.compile(
            r"\b(unsubs?|unsubscribe\w*|non ?subscribed|opt(ed)? ?outs?|(black|block) ?list(ed)?|"
            r"suppress(ed|ions?)|do not (e ?)?mail|abgemeldet|abmeldungen)\b"
        ),
    ),
)


def status_in_file_name(name: str) -> SubscriberStatus | None:
    """Return the refusal that a file's name tells, as other programs call their exports."""
    plain = plain_words(name)
    return next((status for status, pattern in _FILE_NAMES if pattern.search(plain)), None)


def strictest(statuses: Iterable[SubscriberStatus]) -> SubscriberStatus | None:
    """Return the status that lets the least mail through; None where there is none."""
    return max(statuses, key=_STRICTNESS.index, default=None)


def is_stricter(status: SubscriberStatus, reference: SubscriberStatus) -> bool:
    """Return whether ``status`` lets less mail through than ``reference``."""
    return _STRICTNESS.index(status) > _STRICTNESS.index(reference)
