"""The words by which mail systems tell what became of a mail, in the languages they write.

What is said in words counts only where no status code says it. Each pattern is looked for in
text whose white space is single blanks, but for COPY, which looks at the starts of lines.
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

# --- why ------------------------------------------------------------------------------------------

SENDER_REFUSED = _any(  # said of us, in the words that are else said of a recipient
    r"\bsender (?:address )?(?:rejected|denied|refused|unknown|not allowed|verif\w+ failed)"
    r"|\bsender verif\w+|\bhelo (?:command )?rejected|\bclient host (?:rejected|blocked)"
    r"|\ballowed rcpthosts|\b(?:unknown|invalid|bad) sender\b"
)
NO_SUCH_MAILBOX = _any(
    r"\b(?:no such|unknown|invalid|nonexistent|non-existent|unrecogni[sz]ed|not a (?:known|valid))"
    r" (?:local |virtual |domain |email |e-mail )?"
    r"(?:users?|mailbox|recipients?|address|account|alias|person)\b",
    r"\b(?:users?|mailbox|recipients?|address|account|alias)\b.{0,90}?\b(?:unknown|not known"
    r"|not found|not exist|doesn.t exist|disabled|inactive|suspended|closed|deleted|no longer"
    r"|not recogni[sz]ed|not listed|doesn.t have an?|frozen|couldn.t be found)\b"
    r"|\b(?:mailbox|account) (?:has been |was |is )?(?:removed|terminated|expired)\b",
    r"\bno (?:mailbox here|valid recipients)\b|\bunrout(?:e)?able address\b"
    r"|\baddress rejected\b(?!.{0,40}\b(?:greylist|spam|access denied))"
    r"|\bno such (?:person|address|email)\b|\bdoes not like recipient\b"
    r"|\brequested action not taken: mailbox (?:unavailable|not found)"
    r"|\bno mailbox by\b|\bnot a recogni[sz]ed (?:user|mailbox|recipient)\b|\buser not local\b"
    r"|\bnot our customer\b|\bunknown local[- ]?part\b|\bvalidrcptto\b|\baddress invalid\b"
    r"|\b(?:bad|malformed|illegal) (?:address|recipient|alias|mailbox)\b|\bno such domain\b"
    r"|\bhost unknown\b|\bunknown (?:host|domain)\b|\bnxdomain\b|\bdomain name not found\b"
    r"|\bhas moved away\b|\bno longer (?:accepts mail|with|works|employed)\b",
    r"\b(?:empfänger|benutzer|adresse|konto|postfach|mailbox)\b.{0,60}\b(?:unbekannt|nicht bekannt"
    r"|nicht gefunden|existiert nicht|nicht vorhanden|nicht im .{0,30}verzeichnis|deaktiviert)\b"
    r"|\bunbekannte[rn]? (?:empfänger|benutzer|adresse)\b",
    r"\b(?:adresse|destinataire|utilisateur|compte|bo[iî]te)\b.{0,60}\b(?:inconnue?|introuvable"
    r"|n.existe (?:pas|plus)|invalide|désactivée?)\b",
    r"\b(?:destinatario|usuario|direcci[óo]n|cuenta|buz[óo]n)\b.{0,60}\b(?:no existe|inexistente"
    r"|desconocid[oa]|no (?:se )?(?:ha |pudo )?(?:sido )?enc(?:o|ue)ntr\w+|inv[áa]lid[oa])\b",
    r"\b(?:utente|destinatario|indirizzo|casella|account)\b.{0,60}\b(?:sconosciut[oa]|inesistente"
    r"|non esiste|non trovat[oa]|non valid[oa])\b",
    r"\b(?:usu[áa]rio|destinat[áa]rio|endere[çc]o|conta|caixa)\b.{0,60}\b(?:desconhecid[oa]"
    r"|inexistente|n[ãa]o existe|n[ãa]o (?:foi )?encontrad[oa]|inv[áa]lid[oa])\b",
    r"adres\b.{0,60}\b(?:bestaat niet|onbekend|niet gevonden|ongeldig)\b"
    r"|\b(?:gebruiker|ontvanger)\b.{0,60}\b(?:bestaat niet|onbekend|niet gevonden)\b",
    r"\b(?:mottagar\w+|adress\w+|användar\w+|modtager\w*|bruger\w*|mottaker\w*|bruker\w*)\b.{0,60}"
    r"\b(?:finns inte|okänd|findes ikke|ukendt|finnes ikke|ukjent|eksisterer ikke)\b",
    r"\bnieznany (?:użytkownik|odbiorca|adres)|\b(?:użytkownik|odbiorca|adres|konto|skrzynka)\b"
    r".{0,60}\bnie istnieje\b|neexistuje|neznámý (?:uživatel|příjemce)",
    r"(?:пользовател|получател|адрес|ящик|аккаунт).{0,60}(?:не (?:найден|существует)|неизвест"
    r"|отсутству|заблокирован)|неизвестный (?:пользователь|получатель)|нет такого"
    r"|такого .{0,30}нет",
    r"(?:kullanıcı|alıcı|adres)\w*\b.{0,40}\b(?:bulunamadı|mevcut değil|bilinmiyor|geçersiz)"
    r"|tuntematon (?:vastaanottaja|käyttäjä)|ei löydy",
    r"(?:地址|[邮郵]箱|用[户戶]|收件人|[帐账帳][号號户戶]|信箱).{0,12}(?:不存在|不正[确確]|[无無]效"
    r"|[错錯][误誤]|未找到|找不到|已[停注][用销])|[无無]此(?:用[户戶]|[邮郵]箱)|[没沒]有(?:[这這][个個]|此)",
    r"(?:宛先|ユーザ|アドレス|受信者|メールボックス|メールアドレス).{0,20}(?:見つかりません"
    r"|存在しません|不明|ございません|誤|間違)",
    r"존재하지 않는|없는 (?:사용자|수신자|계정|메일)"
    r"|(?:수신자|사용자|계정).{0,12}(?:없습니다|찾을 수 없)",
)
NOT_NOW = _any(
    r"\b(?:mail ?box|mail ?dir|inbox|account|recipient|user)\b.{0,60}\b(?:full|quota|exceeded|space"
    r"|storage|limit)\b"
    r"|\b(?:over ?quota|quota exceeded|over.{0,20}quota|full mailbox|is full)\b"
    r"|\b(?:not enough|insufficient|does not have enough|out of)\b.{0,30}\b(?:space|storage)\b",
    r"\b(?:timed? ?out|temp_failure|temporar(?:y|ily)|connection (?:was )?(?:dropped|refused"
    r"|reset|lost)|could not (?:initiate|connect)|cannot connect|host not found|loops? back"
    r"|unrout(?:e)?able (?:mail )?domain|(?<!not going to )try again|come back later"
    r"|too many hops|hop count|mail loop|gr[ea]ylist\w*|retry timeout"
    r"|in the queue too long|message expired)\b",
    r"\bpostfach\b.{0,60}\b(?:voll|überfüllt)\b|\bspeicherplatz\b|\bkontingent\b.{0,40}überschritten",
    r"\b(?:bo[iî]te|messagerie|quota)\b.{0,60}\b(?:pleine|dépassée?|saturée)\b",
    r"\b(?:buz[óo]n|cuota|casilla)\b.{0,60}\b(?:llen[oa]|excedida|superada)\b|\bsin espacio\b",
    r"\bcasella\b.{0,60}\bpiena\b|\bspazio\b.{0,30}\besaurito\b|\bcaixa\b.{0,60}\bcheia\b",
    r"\b(?:postvak|mailbox|postbus|inboks\w*|brevlåda\w*|skrzynka|schránka)\b.{0,60}"
    r"\b(?:vol|fuld|full|pełna|przepełniona|plná)\b|\bposta kutusu\b.{0,40}\bdolu\b",
    r"(?:ящик|квота|квоты).{0,60}(?:переполнен|превыш|заполнен)",
    r"(?:[邮郵]箱|信箱|空[间間]|容量).{0,12}(?:[满滿]|超出|不足|超[过過])",
    r"(?:メールボックス|容量|受信箱).{0,20}(?:一杯|いっぱい|超え|超過|オーバー|フル)",
    r"(?:메일함|편지함|용량|사서함).{0,12}(?:가득|초과|부족)",
)
POLICY = _any(
    r"\b(?:spam|junk\w*|ube|bulk e?mail|unsolicited|virus|phishing|profanity|forbidden|suspected"
    r"|black ?list\w*|block ?list\w*|blocked|banned|dnsbl|rbl|sbrs|reputation|reverse dns|no ptr"
    r"|spf|dkim|dmarc|unauthenticated|authentication|anti-?spoof\w*|polic(?:y|ies)"
    r"|security reasons?|prohibit\w+|restrict(?:ed|ions?)|quarantined|message refused"
    r"|message filtered|content (?:rejected|filter|denied|refused)|access denied"
    r"|not (?:allowed|accepted|permitted)|is (?:too large|listed)|listed (?:at|in|on|by)"
    r"|size limit|(?:message|mail) (?:too (?:large|big)|size)"
    r"|sender (?:address )?(?:rejected|denied)|rejected[- ]by[- ](?:the[- ])?(?:domain[- ])?filter"
    r"|access to .{0,40}has been rejected"
    r"|relay(?:ing)? (?:access )?denied|(?:unable|not) to relay"
    r"|'?send mail as'? (?:feature|account))\b",
    r"\b(?:richtlinien?|unerwünscht\w*|indésirable|no deseado|indesiderat[ao]|indesejad[ao])\b",
    r"спам|垃圾[邮郵]件|被拒|迷惑メール|스팸",
)

# Where a bounce ends and the copy of what was sent begins.
COPY = _any(
    r"^[ >*-]*(?:this is a copy of|(?:possibly truncated )?original message|below this line is"
    r"|message header follows|(?:the )?headers? of the original|the first \d+ lines of your"
    r"|here is (?:the|your)|copy of (?:the|your) message|unsent message|(?:the )?returned message"
    r"|the following is a copy|-* ?(?:forwarded message|ursprüngliche nachricht|message d.origine"
    r"|mensaje original|messaggio originale|原始[邮郵]件)|message details:|received: )",
    flags=re.I | re.M,
)
