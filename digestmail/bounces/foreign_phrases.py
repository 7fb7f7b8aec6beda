"""Why a mail was refused, in the languages that mail servers write beside English.

Each language gives the nouns and what is said of them; the families are made of both, so that a new
word is known in all its company. Lower case, as in ``phrases``.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The words of one language, or of some that are alike; each a regular expression.

    ``recipient``: the recipient, the mailbox, its address. ``gone``: what is said of one that is
    not there. ``no``: what stands right before one that is not there. ``full``: what is said of a
    mailbox, or of ``space``, that takes no more. ``sender`` and ``refused``: the same of ours.
    ``unwanted``: words of junk, lists and rules, which mean policy by themselves.
    """

    recipient: str
    gone: str
    full: str
    no: str = "(?!)"
    space: str = "quota"
    sender: str = "(?!)"
    refused: str = "(?!)"
    unwanted: str = "(?!)"
    blanks: bool = True  # between words

    @property
    def no_such_mailbox(self) -> str:
        """Match that the mailbox is not there."""
        phrase = self._within(self.recipient, self.gone, 60)
        return rf"{phrase}|{self._edge}(?:{self.no}) ?(?:{self.recipient})"

    @property
    def mailbox_full(self) -> str:
        """Match that the mailbox takes no more."""
        return self._within(f"{self.recipient}|{self.space}", self.full, 60)

    @property
    def policy(self) -> str:
        """Match that our mail, or we, are refused."""
        blamed = self._within(self.sender, f"{self.gone}|{self.refused}", 40)
        return rf"{blamed}|{self._edge}(?:{self.unwanted})"

    def _within(self, nouns: str, phrase: str, gap: int) -> str:
        return (
            rf"{self._edge}(?:{nouns}).{{0,{gap if self.blanks else 24}}}?{self._edge}(?:{phrase})"
        )

    @property
    def _edge(self) -> str:
        return r"\b" if self.blanks else ""


LANGUAGES = (
    Language(  # German
        recipient=r"(?:e-?mail-?)?adress\w*|empf(?:ä|ae)nger\w*|benutzer\w*|nutzer|teilnehmer|konto"
        r"|account|postfach|mailbox",
        gone=r"unbekannt\w*|nicht bekannt"
        r"|nicht (?:mehr )?(?:gefunden|vorhanden|gültig|aktiv|existent)"
        r"|existier\w+\b.{0,30}?\bnicht|nicht (?:mehr )?existier\w*|nicht im .{0,30}?verzeichnis"
        r"|deaktiviert|gelöscht|ungültig\w*|gibt es nicht",
        no=r"unbekannte[rns]?|ungültige[rns]?|falsche[rns]?|keine? solche[rns]?",
        full=r"voll|überfüllt|überschritten|erschöpft|belegt|ausgeschöpft|zu ?viele (?:e-?)?mails",
        space=r"speicherplatz|kontingent|quota",
        sender=r"absender\w*|ip-?adress\w*",
        refused=r"abgelehnt|gesperrt|blockiert|verweigert|nicht (?:erlaubt|zugelassen|berechtigt)",
        unwanted=r"spam\w*|richtlinien?|unerwünscht\w*|sperrliste|schwarze liste|zu viele"
        r" (?:verbindungen|nachrichten)",
    ),
    Language(  # French
        recipient=r"adresse|destinataire|utilisateur|usager|compte|bo[iî]te",
        gone=r"inconnue?s?\b|introuvables?|n.?existe(?:nt)? (?:pas|plus)|inexistante?|invalides?"
        r"|d[ée]sactiv[ée]+s?|n.est plus|supprim[ée]+|non trouv[ée]+|incorrecte|ferm[ée]+\b",
        no=r"aucun (?:tel )?",
        full=r"pleine?s?\b|satur[ée]+|d[ée]pass[ée]+|insuffisant",
        space=r"quota|messagerie|espace",
        sender=r"[ée]metteur|exp[ée]diteur",
        refused=r"refus[ée]+|rejet[ée]+|bloqu[ée]+",
        unwanted=r"ind[ée]sirables?|pourriel|liste noire|trop de (?:connexions|messages)"
        r"|ip source bloqu|incident de spam|authentification (?:requise|invalide)",
    ),
    Language(  # Spanish
        recipient=r"destinatari[oa]|usuari[oa]|direcci[óo]n|cuenta|buz[óo]n|casilla|bandeja",
        gone=r"no existe|inexistente|desconocid[oa]"
        r"|no (?:se )?(?:ha |pudo )?(?:sido )?enc(?:o|ue)ntr\w+"
        r"|no (?:es )?v[áa]lid[oa]|inv[áa]lid[oa]|inactiv[oa]|ha expirado|expirad[oa]"
        r"|deshabilitad[oa]"
        r"|desactivad[oa]|suspendid[oa]|dad[oa] de baja|eliminad[oa]|incorrect[oa]",
        no=r"no existe (?:el|la|dich[oa]|es[ea]|ning[uú]na?|tal)|no hay (?:ning[uú]na? )?(?:tal )?",
        full=r"llen[oa]|excedid[oa]|superad[oa]|agotad[oa]|sin espacio",
        space=r"cuota|espacio",
        sender=r"remitente",
        refused=r"rechazad[oa]|bloquead[oa]|no (?:permitid|autorizad)[oa]",
        unwanted=r"no deseado|lista negra|correo basura|antispam|pol[íi]ticas?\b|demasiad[oa]s"
        r" (?:conexiones|mensajes)",
    ),
    Language(  # Italian
        recipient=r"utente|destinatari[oa]|destin\b\.?|indirizzo|casella|account|mailbox",
        gone=r"sconosciut[oa]|inesistente|non esist\w+|non (?:è stat[oa] )?trovat[oa]|errat[oa]"
        r"|non (?:è )?(?:più )?(?:valid|attiv)[oa]|disabilitat[oa]|disat+ivat[oa]|scadut[oa]"
        r"|bloccat[oa] per inutilizzo|cancellat[oa]|sospes[oa]",
        full=r"pien[ao]|superat[ao]|esaurit[oa]",
        space=r"quota|spazio",
        sender=r"mittente",
        refused=r"rifiutat[oa]|bloccat[oa]|non (?:autorizzat|consentit)[oa]",
        unwanted=r"indesiderat[ao]|spam|lista nera|troppe? (?:connession|messagg)",
    ),
    Language(  # Portuguese
        recipient=r"usu[áa]rio|utilizador|destinat[áa]rio|endere[çc]o|conta|caixa",
        gone=r"desconhecid[oa]|inexistente|n[ãa]o exist\w+"
        r"|n[ãa]o (?:foi )?(?:encontrad|localizad)[oa]"
        r"|inv[áa]lid[oa]|inativ[oa]|desativad[oa]|suspens[oa]|cancelad[oa]|n[ãa]o cadastrad[oa]",
        full=r"chei[ao]|excedid[oa]|esgotad[oa]|lotad[oa]",
        space=r"quota|cota|espa[çc]o",
        sender=r"remetente",
        refused=r"rejeitad[oa]|bloquead[oa]|n[ãa]o autorizad[oa]",
        unwanted=r"indesejad[ao]|spam|lista negra|lixo eletr[ôo]nico|muitas (?:conex|mensag)",
    ),
    Language(  # Dutch
        recipient=r"(?:e-?mail-?)?adres|mailbox|postbus|postvak|gebruiker|ontvanger|geadresseerde",
        gone=r"bestaat niet|onbekend|is onbekend bij|niet (?:gevonden|bekend|actief)|ongeldig"
        r"|opgeheven|uitgeschakeld",
        no=r"onbekende|ongeldige?",
        full=r"vol|overschreden",
        sender=r"afzender",
        refused=r"geweigerd|geblokkeerd",
        unwanted=r"ongewenste (?:e-?mail|mail|berichten)|zwarte lijst",
    ),
    Language(  # Swedish, Danish, Norwegian
        recipient=r"mottagar\w+|adress?e?n?|användar\w+|kontot?|brevlåda\w*|postlåda\w*|modtager\w*"
        r"|bruger\w*|postkasse\w*|mottaker\w*|bruker\w*|inboks\w*",
        gone=r"finns (?:inte|ej)|okänd\w*|hittades inte|ogiltig\w*|findes ikke|ukendt|ugyldig"
        r"|finnes ikke|ukjent|eksisterer ikke|ikke (?:fundet|funnet)",
        no=r"okänd|ukendt|ukjent",
        full=r"full\w*|fuld|fyldt|overskredet",
        unwanted=r"skräppost|søppelpost|uønsket",
    ),
    Language(  # Finnish
        recipient=r"vastaanottaja\w*|käyttäjä\w*|osoit\w+|postilaatikko\w*",
        gone=r"ei (?:löydy|ole olemassa|tunneta)|tuntematon|virheellinen",
        no=r"tuntematon",
        full=r"täynnä|täysi",
        unwanted=r"roskaposti\w*",
    ),
    Language(  # Polish
        recipient=r"użytkownik\w*|odbiorc\w+|adres\w*|kont[oa]|skrzynk\w+",
        gone=r"nie istnieje|nieznan\w+|nieaktywn\w+|zablokowan\w+ administracyjnie|nieprawidłow\w+"
        r"|nie (?:został\w* )?znalezion\w+|usunięt\w+",
        no=r"nieznan\w+|nie ma takie\w+|brak takie\w+",
        full=r"pełn\w+|przepełnion\w+|przekroczon\w+",
        sender=r"nadawc\w+",
        refused=r"odrzucon\w+|zablokowan\w+",
        unwanted=r"niechcian\w+|czarn\w+ li[śs]\w+|antyspam\w*",
    ),
    Language(  # Czech, Slovak
        recipient=r"uživatel\w*|příjemce|adres\w+|schránk\w+|používateľ\w*",
        gone=r"neexistuje|neznám\w+|nenalezen\w*|neplatn\w+",
        no=r"neznám\w+",
        full=r"pln[áaéý]|překročen\w*|preplnen\w*",
        unwanted=r"nevyžádan\w+",
    ),
    Language(  # Hungarian
        recipient=r"címzett|felhasználó|cím|postafiók",
        gone=r"nem létezik|ismeretlen|nem található|érvénytelen",
        no=r"ismeretlen",
        full=r"megtelt|betelt|tele van",
        unwanted=r"kéretlen",
    ),
    Language(  # Turkish
        recipient=r"kullanıcı\w*|alıcı\w*|adres\w*|posta kutusu\w*|hesap|hesab\w+",
        gone=r"bulunamadı|mevcut değil|bilinmiyor|geçersiz",
        no=r"geçersiz|bilinmeyen",
        full=r"dolu|aşıl\w+|yetersiz",
        space=r"kota\w*",
        unwanted=r"istenmeyen|kara liste",
    ),
    Language(  # Greek
        recipient=r"παραλήπτη\w*|χρήστη\w*|διεύθυνση\w*|γραμματοκιβώτιο",
        gone=r"δεν υπάρχει|άγνωστ\w+|δεν βρέθηκε",
        no=r"άγνωστ\w+",
        full=r"γεμάτ\w+|πλήρ\w+",
        unwanted=r"ανεπιθύμητ\w+",
    ),
    Language(  # Russian, Ukrainian
        recipient=r"пользовател\w*|получател\w*|адрес\w*|ящик\w*|аккаунт\w*|уч[её]тн\w+ запис\w+"
        r"|користувач\w*|одержувач\w*|скриньк\w*",
        gone=r"не (?:найден\w*|существует|обнаружен\w*|зарегистрирован\w*)|неизвест\w+|отсутству\w+"
        r"|удал[её]н\w*|отключ[её]н\w*|недействител\w+|не (?:існує|знайдено)|невідом\w+",
        no=r"нет так\w+|так\w+ .{0,20}нет\b.{0,5}|несуществующ\w+|неизвестн\w+|неверн\w+|нет",
        full=r"переполнен\w*|превыш\w+|заполнен\w*|исчерпан\w*",
        space=r"квот[аыу]",
        sender=r"отправител\w*",
        refused=r"заблокирован\w*|отклон\w+|не (?:допускается|разрешен\w*)",
        unwanted=r"спам\w*|ч[её]рн\w+ спис\w+|репутаци\w+|слишком много (?:писем|соединен|сообщ)\w*"
        r"|отклонен\w* (?:политик\w+|по причине)",
    ),
    Language(  # Chinese
        blanks=False,
        recipient=r"地址|[邮郵]箱|用[户戶]|收件[人者]|[帐账帳][号號户戶]|信箱|使用者",
        gone=r"不存在|不正[确確]|[无無]效|[错錯][误誤]|未找到|找不到|查[无無]此人"
        r"|已(?:被)?(?:停[用止]|[注註][销銷]|[删刪]除|禁用|[冻凍][结結]|[关關][闭閉])",
        no=r"[无無]此|[没沒]有(?:[这這][个個]|此)|不存在的|[无無]效的?",
        full=r"[满滿]|超出|不足|超[过過]|超限",
        space=r"空[间間]|容量",
        sender=r"[发發寄]件[人者]|[发發]信[人方]|来源ip",
        refused=r"拒|黑名[单單]|禁止",
        unwanted=r"垃圾[邮郵]件|黑名[单單]|[频頻]率|[过過]于[频頻]繁|被拒[绝絕收]|拒收|信誉|反垃圾"
        r"|不在允[许許]",
    ),
    Language(  # Japanese
        blanks=False,
        recipient=r"宛先|あて先|ユーザ|アドレス|受信者|受取人|メールボックス|アカウント|受信箱|受信トレイ",
        gone=r"見つかりません|見つから|存在しません|存在しない|不明|ございません|誤|間違|無効|使われて"
        r"|削除され",
        full=r"一杯|いっぱい|超え|超過|オーバー|フル|不足",
        space=r"容量|ディスク",
        sender=r"送信者|差出人|送信元",
        refused=r"拒否|不正|制限",
        unwanted=r"迷惑メール|スパム|ブラックリスト|受信(?:が|を)?拒否|なりすまし",
    ),
    Language(  # Korean
        blanks=False,
        recipient=r"수신자|받는 ?사람|사용자|계정|주소|메일함|편지함|사서함|메일박스",
        gone=r"존재하지|찾을 수 없|[이가] 없습니다|탈퇴|휴면",
        no=r"존재하지 않는|없는",
        full=r"가득|초과|부족|꽉",
        space=r"용량",
        sender=r"발신자|보낸 ?사람|발송자",
        refused=r"차단|거부",
        unwanted=r"스팸|차단|수신 ?거부|블랙리스트",
    ),
)

MAILBOX_FULL = tuple(language.mailbox_full for language in LANGUAGES)
NO_SUCH_MAILBOX = tuple(language.no_such_mailbox for language in LANGUAGES)
POLICY = tuple(language.policy for language in LANGUAGES)
