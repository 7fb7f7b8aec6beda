"""The words by which a notice of a mail system is recognised, in the languages they are written in.

Each pattern is looked for in text whose white space is single blanks, but for COPY, which looks at
the starts of lines.
"""

import re


def _any(*phrases: str, flags: int = re.I | re.S) -> re.Pattern[str]:
    return re.compile("|".join(phrases), flags)


DAEMON = _any(
    r"mailer[-_ ]?daemon|post_?master|mail[- ]delivery|mail[- ]?system|mdaemon|mail ?marshal"
    r"|delivery[- ](?:sub)?system|courier mail server|system ?administrat\w+"
    r"|administrat\w+ (?:syst[eè]me|del sistema|di sistema|do sistema)|systeembeheer\w*"
)

# --- the subject of an answer that a program gives for a person (RFC 3834 knows the fields) ------

AWAY = _any(
    r"^\s*(?:(?:re|aw|sv|tr|wg|fw|rv|odp|vs): *)*(?:auto(?:matic|mated)?[- ]?(?:reply|response"
    r"|antwort|svar|answer)\b|auto(?:reply|response|responder)?:|out[- ]of[- ](?:the[- ])?office"
    r"|away\b|(?:i am|i'm) (?:away|out of|on)\b|on (?:vacation|holiday|leave)\b|vacation\b|holiday:"
    r"|abwesen\w*|automati\w+ (?:antwort|antwoord|svar|vastaus|odpov\w+|r[ée]pon\w+|besked)"
    r"|r[ée]ponse automatique|absen(?:t|ce)\b|(?:message|avis) d.absence"
    r"|fuera de (?:la )?oficina|respuesta autom\w+|resposta autom\w+|ausente|ausencia|aus[êe]ncia"
    r"|risposta automatica|fuori (?:sede|ufficio)|assen(?:te|za)|afwezig\w*|frånvar\w*|fravær\w*"
    r"|odpowied[źz] automatyczna|automatick[áa] odpov\w+|nieobecno\w+|otomatik yan[ıi]t"
    r"|automaattinen|poissa\w*|авто(?:матический )?ответ|автоответ|отсутств"
    r"|自[动動](?:答[复覆]|回[复覆]|応答|返信)|不在|자동 ?(?:회신|응답)|부재)"
)

# --- that a mail has failed, or is late ----------------------------------------------------------

FAILING = _any(
    r"undeliver\w*|delivery (?:status )?(?:notification|failure|error|has failed|report|status)"
    r"|deliver\w* (?:has )?failed|failure notice|returned mail|(?:could|can)(?: ?not|n.t) be"
    r" delivered|non[- ]?delivery|mail (?:system|delivery) (?:error|failed|failure|status)"
    r"|error sending|can(?:not|.t) send message|mail delivery|failed to deliver|not delivered"
    r"|unable to deliver|was undeliverable|permanent (?:fatal )?error",
    r"unzustellbar|nicht zugestellt|zustellungsfehler|zustellung (?:ist )?fehlgeschlagen",
    r"non remis|[ée]chec d\w* |retourn|(?:n.a|ne) p\w+ (?:pu )?(?:[êe]tre )?(?:remis|d[ée]livr)",
    r"no se (?:puede|pudo|ha podido) entregar|no entregado|error de entrega|correo devuelto",
    r"non recapitabile|mancata consegna|impossibile (?:recapitare|consegnare)",
    r"n[ãa]o (?:foi|p[ôo]de ser) entregue|n[ãa]o [ée] poss[íi]vel entregar|falha na entrega",
    r"onbestelbaar|niet (?:worden )?(?:bezorgd|afgeleverd)|olevererbar|kunde inte levereras",
    r"kan ikke leveres|ikke leveret|kunne ikke leveres|toimittaminen ei|ei voitu toimittaa",
    r"niedostarcz|nie można dostarczyć|nedoručiteln|nelze doručit|teslim edilemedi",
    r"недоставл|не (?:может быть |удается |удалось )?достав|ошибка доставки|возврат",
    r"退信|退回|[无無]法(?:投[递遞]|[传傳]送|送[达達])|未送[达達]|投[递遞]失[败敗]",
    r"配[信送].{0,8}(?:不能|でき|エラー|失敗)|エラー|届け.{0,4}(?:でき|られ)",
    r"배달되지|(?:발송|전송|전달) ?실패|반송",
)
DELAYED = _any(
    r"\(delay(?:ed)?\)|delivery (?:is |has been |was )?delayed|warning message only"
    r"|will be re-?tried|still being (?:tried|retried)|not (?:yet )?been delivered.{0,80}\bwill"
    r"|do not need to resend|will retry for|has not yet been delivered|delayed \d+ hours?"
    r"|could not send message for past|delivery incomplete.{0,200}\bretry",
    r"zustellung.{0,30}verz[öo]gert|noch nicht zugestellt|remise.{0,30}retard[ée]",
    r"entrega.{0,30}(?:aplazad|demorad|atrasad)|consegna.{0,30}ritardat|доставка.{0,30}задерж",
    r"配信.{0,10}遅延|[传送投遞递]{1,3}.{0,4}延[迟遲]",
)

# That no further attempt follows, whatever is said of earlier ones.
FINAL = _any(
    r"permanent (?:fatal )?(?:error|failure)|failed permanently|giv(?:en|ing) up|no (?:further"
    r"|more)"
    r" attempts|will not be (?:re-?tried|attempted)|could not be delivered (?:for|in"
    r"|within) (?:more"
    r" than )?\d+|delivery (?:has )?failed|undeliverable|returned mail|was not delivered"
)

# Where a bounce ends and the copy of what was sent begins.
COPY = _any(
    r"^[ >*-]{0,80}(?:this is a copy of|(?:possibly truncated )?original message|below this line is"
    r"|message header follows|(?:the )?headers? of the original|the first \d+ lines of your"
    r"|here is (?:the|your)|copy of (?:the|your) message|unsent message|(?:the )?returned message"
    r"|the following is a copy|-{0,80} ?(?:forwarded message|ursprüngliche nachricht"
    r"|message d.origine|mensaje original|messaggio originale|原始[邮郵]件)"
    r"|message details:|received: )",
    flags=re.I | re.M,
)
