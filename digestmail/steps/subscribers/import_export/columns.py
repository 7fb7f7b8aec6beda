"""What the columns of other programs' lists mean.

A column holds a field of ours, or says by its name and value where somebody stands
(``unsubscribed_at``, ``is_blacklisted``). Whatever else there is, is passed over.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from digestmail.domain import PROFILE_FIELDS, SCHEDULE_FIELDS, SubscriberStatus
from digestmail.errors import InputError
from digestmail.steps.subscribers.import_export.statuses import (
    ACTIVE,
    BOUNCED,
    COMPLAINED,
    PAUSED,
    PENDING,
    REFUSALS,
    UNSUBSCRIBED,
    plain_words,
    status_of,
    truth_of,
)

# The name and the lists first, as our lists always had them.
_PROFILE_FIELDS = sorted(PROFILE_FIELDS.values(), key=lambda f: (f.name != "name", not f.is_list))
OWN_COLUMNS = (
    *("email", "status", "language", *SCHEDULE_FIELDS, "paused_until"),
    *(field.column for field in _PROFILE_FIELDS),
)
NOTHING = "none"  # what a column is told to mean that shall be passed over
_OLD_NAMES = {"name", "required_keywords", "max_papers", "threshold"}  # of our own lists till 0.1


class Sign(Enum):
    """How a column tells a status."""

    VALUE = "a word names it"
    REFUSAL = "anything in it but no, 0 and the like"
    CONSENT = "yes or no; no means the status given"


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: a ``field`` of ours, or a ``sign`` of a status. Neither: passed over."""

    name: str
    field: str = ""
    sign: Sign | None = None
    status: SubscriberStatus | None = None

    @property
    def is_understood(self) -> bool:
        """Return whether the column says anything to us."""
        return bool(self.field or self.sign)

    def status_in(self, cell: str) -> SubscriberStatus | None:
        """Return the status that a cell of this column tells; InputError for an unknown word."""
        if self.sign is Sign.VALUE:
            return status_of(cell)
        truth = truth_of(cell)
        if self.sign is Sign.REFUSAL:
            link = cell.lstrip().lower().startswith(("http:", "https:"))
            return None if truth is False or link else self.status
        if self.sign is Sign.CONSENT and truth is not None:
            return ACTIVE if truth else self.status if cell.strip() else PENDING
        return None


_FIELDS = {
    "email": """
        email, e mail, mail, email address, e mail address, emailaddress, mail address,
        subscriber, subscriber email, contact email, member email, user email, email id,
        primary email, email 1, e mail 1, e mail 1 value, email 1 value, preferred email,
        work email, business email, email addresses, recipient, adresse email, adresse e
        mail, adresse mail, courriel, adresse electronique, correo, correo electronico, e
        mail adresse, emailadresse, mailadresse, mail adresse, indirizzo email, indirizzo e
        mail, endereco de email, endereco de e mail, e mailadres, emailadres, adres e mail,
        epost, e post, e postadress, epostadresse, sahkoposti, emailova adresa, eposta,
        адрес, электронная почта, почта, メールアドレス, メール,
        邮箱, 电子邮件, 电子邮箱, 電子郵件, 이메일
        """,
    "timezone": """
        timezone, time zone, tz, zeitzone, fuseau horaire, zona horaria, fuso orario, fuso
        horario, tijdzone, strefa czasowa, часовой пояс, タイムゾーン, 时区
        """,
    "keywords": """
        keywords, keyword, tags, tag, topics, topic, schlagworter, stichworter, stichworte,
        mots cles, palabras clave, parole chiave, palavras chave, trefwoorden, slowa
        kluczowe, ключевые слова, キーワード, 关键词
        """,
    "interests": "interests, interest, research interests, research topics, research interest",
    "language": "language, lang, locale, sprache, langue, idioma, lingua, taal, jezyk, язык, 言語",
    "profile": "profile, profile name",
}
_STATUS_NAMES = """
    status, state, subscription status, subscriber status, member status, email status,
    contact status, email permission status, permission status, subscription state, delivery
    status, group status, email preference, delivery, delivery mode, delivery option,
    reception, stop status, subscriber type, type, membership, membership status, email marketing
    status, email marketing, marketing status, email subscription status, subscription,
    mailing status, email marketing consent, mail status, email opt in status, opt in
    status, list status, anmeldestatus, abostatus, statut, etat, estado, stato, situacao,
    статус, состояние, ステータス, 状态, 状態
    """
# Columns that are read as a status only where their values are such: other programs say other
# things there.
_DOUBTFUL_STATUS = frozenset(
    [
        *("type", "delivery", "membership", "subscription", "email marketing", "state"),
        *("reason", "suppression reason", "bounce type", "event", "event type"),
    ]
)

_NO_SIGN = re.compile(
    r"\b(urls?|links?|token|hash|keys?|page|code|sms|phone|score|rate|soft|ip|whatsapp|push|id|form)\b"
)
_COUNT = re.compile(r"\b(counts?|number|total)\b")  # bounces happen; one complaint is enough
_CAMPAIGN = re.compile(r"^(unsub\w*|clean\w*) campaign")
_REFUSAL_SIGNS = (
    (
        COMPLAINED,
        re.compile(r"\b(complain\w*|complaints?|spam|marked as spam|abuse|beschwerde|plainte)\b"),
    ),
    (
        BOUNCED,
        re.compile(
            r"\b(bounced|bounce|bouncing|hard bounced?|hardbounced?|clean|cleaned|undeliverable|"
            r"invalid|unzustellbar)\b"
        ),
    ),
    (
        UNSUBSCRIBED,
        re.compile(
            r"\b(unsub|unsubs|unsubscribed?|unsubscription|opt out|opted out|optout|optedout|"
            r"opt outs?|do not (e ?)?(mail|email|contact)|black ?list(ed)?|"
            r"block ?list(ed)?|blocked|banned|suppress(ed|ions?)|email disabled|disabled|removed|"
            r"deleted|archived|left|abgemeldet|abmeldung|desabonn\w*|desinscri\w*|disiscri\w*|baja)\b"
        ),
    ),
)
_PAUSE = re.compile(r"\b(no ?mail|paused|suspended?|vacation|on hold)\b")
_CONSENT_SIGNS = (
    (
        UNSUBSCRIBED,
        re.compile(r"^(is |email )?(subscribed( to .*)?|opted in|opt in|enabled|active)$"),
    ),
    (UNSUBSCRIBED, re.compile(r"^accepts (email )?marketing$|^(email )?marketing consent$")),
    (PENDING, re.compile(r"\b(confirmed|verified|activated)$")),
)
_JOINED = re.compile(r"(?<=[a-z])(?=[A-Z])")  # emailBlacklisted


@lru_cache(maxsize=1)
def _known_fields() -> dict[str, str]:
    names = {plain_words(name): name for name in OWN_COLUMNS}
    for field, listed in _FIELDS.items():
        names |= {plain_words(name): field for name in listed.split(",")}
    return names


@lru_cache(maxsize=1)
def _status_names() -> frozenset[str]:
    return _DOUBTFUL_STATUS.union(map(plain_words, _STATUS_NAMES.split(",")))


def is_own_old_header(names: list[str]) -> bool:
    """Return whether a header is of our own lists as they were, where ``name`` is the profile's."""
    return {name.strip().lower() for name in names} >= _OLD_NAMES


def checked_choices(pairs: list[str]) -> dict[str, str]:
    """Return what columns are told to mean, ``NAME=FIELD``; InputError("--column") for nonsense."""
    choices = {}
    for pair in pairs:
        name, equals, field = pair.rpartition("=")
        if not equals or not name.strip() or field.strip() not in (*OWN_COLUMNS, NOTHING):
            known = ", ".join((*OWN_COLUMNS, NOTHING))
            raise InputError(
                "--column", f"“{pair[:60]}” is not NAME=FIELD with one of these fields: {known}"
            )
        choices[plain_words(name)] = field.strip()
    return choices


def understand(name: str, choices: Mapping[str, str], *, own_old: bool = False) -> Column:
    """Return what a column of this name holds."""
    plain = plain_words(_JOINED.sub(" ", name) if name != name.upper() else name)
    squeezed = plain_words(name)
    chosen = choices.get(squeezed)
    if chosen:
        return _of_field(name, "" if chosen == NOTHING else chosen)
    if own_old and squeezed == "name":
        return Column(name, "profile")
    field = _known_fields().get(squeezed) or _known_fields().get(plain, "")
    if field:
        return _of_field(name, field)
    if squeezed in _status_names() or plain in _status_names():
        return Column(name, sign=Sign.VALUE)
    return _sign_of(name, plain)


def _of_field(name: str, field: str) -> Column:
    return Column(name, sign=Sign.VALUE) if field == "status" else Column(name, field)


def _sign_of(name: str, plain: str) -> Column:
    for status, pattern in _CONSENT_SIGNS:
        if pattern.search(plain):
            return Column(name, sign=Sign.CONSENT, status=status)
    if _PAUSE.search(plain):
        return Column(name, sign=Sign.REFUSAL, status=PAUSED)
    if _NO_SIGN.search(plain) and not _CAMPAIGN.search(plain):
        return Column(name)
    for status, pattern in _REFUSAL_SIGNS:
        if pattern.search(plain) and (status is COMPLAINED or not _COUNT.search(plain)):
            return Column(name, sign=Sign.REFUSAL, status=status)
    return Column(name)


def is_doubtful(column: Column) -> bool:
    """Return whether the column's values have to show that it tells a status."""
    return column.sign is Sign.VALUE and plain_words(column.name) in _DOUBTFUL_STATUS


def looks_like_status(cells: Iterable[str]) -> bool:
    """Return whether most of the cells that are not empty are words for a status."""
    known = unknown = 0
    for cell in cells:
        try:
            known += status_of(cell) is not None
        except InputError:
            unknown += 1
    return known > unknown


def tells_refusals(cells: Sequence[str]) -> bool:
    """Return whether cells are words for a status, and some say more than no of a refusal."""
    words = {cell for cell in cells if truth_of(cell) is None}
    if not looks_like_status(words):
        return False
    for word in words:
        with suppress(InputError):
            if status_of(word) in REFUSALS:
                return True
    return False
