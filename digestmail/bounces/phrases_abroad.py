"""Why a mail was refused, in the languages that mail servers write beside English.

Lower case, as in ``phrases``. Languages without blanks between words take short gaps, since a
phrase may cross from one clause to the next.
"""

MAILBOX_FULL = (
    # German
    r"\b(?:postfach|mailbox|konto|speicherplatz|kontingent|quota)\b.{0,60}\b(?:voll|überfüllt"
    r"|überschritten|erschöpft|belegt|ausgeschöpft)\b",
    # French
    r"\b(?:bo[iî]te|messagerie|quota|compte)\b.{0,60}\b(?:pleine?|dépassée?|depassee?|saturée?"
    r"|dépassé son quota)(?!\w)|\bespace (?:de stockage )?insuffisant",
    # Spanish, Italian, Portuguese
    r"\b(?:buz[óo]n|cuota|casilla|bandeja)\b.{0,60}\b(?:llen[oa]|excedid[oa]|superad[oa])\b"
    r"|\bsin espacio\b",
    r"\b(?:casella|mailbox|quota)\b.{0,60}\b(?:piena|superata|esaurit[oa])\b|\bspazio\b.{0,30}"
    r"\besaurito\b",
    r"\b(?:caixa|quota|cota)\b.{0,60}\b(?:cheia|excedida|esgotada)\b",
    # Dutch, Scandinavian, Polish, Czech, Turkish, Finnish
    r"\b(?:postvak|postbus|mailbox|inboks\w*|postkasse\w*|postlåda\w*|brevlåda\w*|skrzynka"
    r"|schránka|postilaatikko)\b.{0,60}\b(?:vol|fuld|full|pełna|przepełniona|plná|täynnä)\b",
    r"\bposta kutusu\b.{0,40}\bdolu\b|\bkota\w* (?:aşıl|dol)",
    # Russian
    r"(?:ящик|квот[аыу]).{0,60}(?:переполнен|превыш|заполнен|исчерпан)|(?:переполнен|превышен)\w*"
    r" (?:почтов|ящик|квот)",
    # Chinese, Japanese, Korean
    r"(?:[邮郵]箱|信箱|空[间間]|容量).{0,12}(?:[满滿]|超出|不足|超[过過])",
    r"(?:メールボックス|容量|受信箱|受信トレイ).{0,20}(?:一杯|いっぱい|超え|超過|オーバー|フル)",
    r"(?:메일함|편지함|용량|사서함|메일박스).{0,12}(?:가득|초과|부족)",
)

NO_SUCH_MAILBOX = (
    # German
    r"\b(?:empfänger\w*|benutzer\w*|adress\w*|e-?mail-?adresse|konto|postfach|mailbox|teilnehmer)\b"
    r".{0,60}\b(?:unbekannt\w*|nicht bekannt|nicht gefunden|existiert\b.{0,30}\bnicht"
    r"|existiert nicht"
    r"|nicht vorhanden|nicht im .{0,30}verzeichnis|deaktiviert|gelöscht|ungültig)\b",
    r"\b(?:unbekannte[rns]?|ungültige[rns]?) (?:empfänger\w*|benutzer\w*|adresse"
    r"|e-?mail-?adresse)\b",
    # French
    r"\b(?:adresse|destinataire|utilisateur|compte|bo[iî]te)\b.{0,60}(?:\binconnue?s?\b"
    r"|\bintrouvable|n.exist(?:e|ent) (?:pas|plus)|\binvalides?\b|\bdésactivée?|\bn.est plus\b)",
    # Spanish
    r"\b(?:destinatario|usuario|direcci[óo]n|cuenta|buz[óo]n)\b.{0,60}\b(?:no existe|inexistente"
    r"|desconocid[oa]|no (?:se )?(?:ha |pudo )?(?:sido )?enc(?:o|ue)ntr\w+|inv[áa]lid[oa])\b"
    r"|\bno existe (?:el|la|dicha|ese|ninguna?) (?:usuario|cuenta|persona|buz[óo]n|direcci[óo]n)",
    # Italian
    r"\b(?:utente|destinatario|indirizzo|casella|account)\b.{0,60}\b(?:sconosciut[oa]|inesistente"
    r"|non esiste|non trovat[oa]|non valid[oa]|disabilitat[oa])\b",
    # Portuguese
    r"\b(?:usu[áa]rio|utilizador|destinat[áa]rio|endere[çc]o|conta|caixa)\b.{0,60}"
    r"\b(?:desconhecid[oa]|inexistente|n[ãa]o existe|n[ãa]o (?:foi )?encontrad[oa]"
    r"|inv[áa]lid[oa])\b",
    # Dutch
    r"(?:adres|mailbox|postbus)\b.{0,60}\b(?:bestaat niet|onbekend|niet gevonden|ongeldig)\b"
    r"|\b(?:gebruiker|ontvanger|geadresseerde)\b.{0,60}\b(?:bestaat niet|onbekend|niet gevonden)\b"
    r"|\bonbekende (?:gebruiker|ontvanger)|\bis onbekend bij\b",
    # Swedish, Danish, Norwegian, Finnish
    r"\b(?:mottagar\w+|adress\w+|användar\w+|modtager\w*|bruger\w*|mottaker\w*|bruker\w*)\b.{0,60}"
    r"\b(?:finns inte|okänd|findes ikke|ukendt|finnes ikke|ukjent|eksisterer ikke)\b",
    r"\btuntematon (?:vastaanottaja|käyttäjä)|\b(?:osoitetta|vastaanottajaa) ei löydy|\bei löydy\b",
    # Polish, Czech, Turkish
    r"\bnieznany (?:użytkownik|odbiorca|adres)|\b(?:użytkownik|odbiorca|adres|konto|skrzynka)\b"
    r".{0,60}\bnie istnieje\b|neexistuje|neznámý (?:uživatel|příjemce)",
    r"(?:kullanıcı|alıcı|adres)\w*\b.{0,40}\b(?:bulunamadı|mevcut değil|bilinmiyor|geçersiz)",
    # Russian, Ukrainian
    r"(?:пользовател|получател|адрес|ящик|аккаунт|учетн).{0,60}(?:не (?:найден|существует)|неизвест"
    r"|отсутству|удал[её]н)|(?:пользовател|ящик|аккаунт).{0,30}заблокирован"
    r"|неизвестный (?:пользователь|получатель|адрес)|нет такого"
    r"|такого .{0,30}нет|(?:користувач|адрес|скриньк).{0,60}не (?:існує|знайден)",
    # Chinese
    r"(?:地址|[邮郵]箱|用[户戶]|收件[人者]|[帐账帳][号號户戶]|信箱|[邮郵]件地址).{0,24}?(?:不存在|不正[确確]"
    r"|[无無]效|[错錯][误誤]|未找到|找不到|已[停注][用销])|[无無]此(?:用[户戶]|[邮郵]箱)"
    r"|[没沒]有(?:[这這][个個]|此)(?:用|[邮郵]|收)|不存在的(?:用|[邮郵]|收)",
    # Japanese, Korean
    r"(?:宛先|ユーザ|アドレス|受信者|メールボックス|アカウント).{0,24}?(?:見つかりません|見つかりませんでした"
    r"|見つからない|存在しません|存在しない|不明|ございません|誤|間違|無効|使われておりません)"
    r"|あて先不明|宛先不明",
    r"존재하지 않(?:는|습)|없는 (?:사용자|수신자|계정|메일)"
    r"|(?:수신자|사용자|계정|주소).{0,12}(?:없습니다|찾을 수 없|존재하지)",
)

POLICY = (
    # Our sender, in words that are else said of a recipient
    r"\b(?:absender|expéditeur|expediteur|mittente|remitente|remetente|afzender|nadawc)\w*.{0,40}\b"
    r"(?:unbekannt|ungültig|abgelehnt|existiert|gesperrt|inconnu|invalide|refusé|rejet|sconosciut"
    r"|rifiutat|bloccat|no existe|rechazad|bloquead|n[ãa]o existe|rejeitad|onbekend|geweigerd)",
    r"(?:[发發寄]件[人者]|送信者|差出人|送信元).{0,20}(?:不存在|[无無]效|[错錯][误誤]|拒|存在しません|不正|無効)",
    # German
    r"\b(?:spam\w*|richtlinien?|unerwünscht\w*|sperrliste|schwarze liste|abgelehnt,? weil"
    r"|ip-adresse .{0,30}(?:gesperrt|blockiert)|zu viele (?:verbindungen|nachrichten|e-?mails))\b",
    # French
    r"\bindésirables?\b|\bpourriel|\bliste noire|\btrop de (?:connexions|messages)"
    r"|\bip source bloqu|\bincident de spam|\bémetteur invalide|\bemetteur invalide"
    r"|\bauthentification (?:requise|invalide)",
    # Spanish, Italian, Portuguese
    r"\bno deseado|\blista negra|\bcorreo basura|\bantispam|\bremitente (?:no|rechazad|bloquead)"
    r"|\bdemasiad[oa]s (?:conexiones|mensajes)|\bpol[íi]ticas?\b",
    r"\bindesiderat[ao]|\bblacklist|\bmittente (?:non|rifiutat|bloccat)|\btroppe? (?:connession"
    r"|messagg)",
    r"\bindesejad[ao]|\blixo eletr[ôo]nico|\bremetente (?:n[ãa]o|rejeitad|bloquead)"
    r"|\bmuitas (?:conex|mensag)",
    # Dutch, Scandinavian, Polish, Turkish
    r"\bongewenste (?:e-?mail|mail|berichten)|\bzwarte lijst|\bskräppost|\bsøppelpost|\buønsket"
    r"|\bniechcian\w+|\bczarn\w+ li[śs]\w+|\bistenmeyen|\bkara liste",
    # Russian, Ukrainian
    r"спам|ч[её]рн\w+ спис|отклонен\w* (?:политик|по причине)|слишком много (?:писем|соединен"
    r"|сообщ)"
    r"|репутаци|отправител\w* (?:заблокирован|отклон|не существ|неизвест)",
    # Chinese, Japanese, Korean
    r"垃圾[邮郵]件|黑名[单單]|[频頻]率|[过過]于[频頻]繁|被拒[绝絕收]|拒收|信誉|反垃圾",
    r"迷惑メール|スパム|ブラックリスト|受信(?:が|を)?拒否|送信元.{0,12}拒否|なりすまし",
    r"스팸|차단|수신 ?거부|블랙리스트",
)
