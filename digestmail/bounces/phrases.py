"""The families of phrases by which mail servers say why they refused a mail, in English.

The patterns are looked for in the text of ``classify.normalised``: lower case, single blanks, no
addresses, links, host names or status codes. Each family joins its phrases in other languages.
"""

import re

from digestmail.bounces import foreign_phrases


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


def _gap(longest: int) -> str:
    """Match some letters within a sentence; names have full stops too."""
    return rf"(?:[^.;!]|\.(?=\w)){{0,{longest}}}?"


_RECIPIENT = (
    r"(?:(?:e-?mail |user )?(?:users?|mail ?box(?:es)?|recipients?|addressee|address(?:es)?"
    r"|accounts?|alias|local[- ]part))"
)
_STORE = r"(?:mail ?box|mail ?dir|mail ?folder|in-?box|account|recipient|user|database|store)"
_SENDER = r"(?:sender|mail ?from|return[- ]path|envelope[- ](?:from|sender)|originator)(?:'s)?"
_MAIL = r"(?:mails?|messages?|e-?mails?)"
_NO = r"(?:rejected|denied|refused|blocked|banned|prohibited|forbidden|disallowed|limited)"
_NOT = r"(?:not (?:be )?|n.t (?:be )?)(?:allowed|accepted|permitted|authori[sz]ed|entitled)"

# The reader gets too much mail at once, from whomever.
RECEIVER_RATE = _any(
    rf"\breceiving {_MAIL} (?:too|at a rate)",
    r"\bexceed\w* (?:their|its|his|the) (?:limit for|receiving|message receiv)",
    r"\breceiving limits?\b|\brecipient thread limit|\buser has too many messages",
)

# Our sender, our server's name and address, our lack of a login.
SENDER_REFUSED = _any(
    rf"\b{_SENDER}(?: e-?mail)?(?: address| domain)? ?(?:is |was |has been |has |:)? ?"
    rf"(?:{_NO}|{_NOT}|unknown|invalid|undefined|resolve fail|verif\w+|must exist|no\b|not\b"
    r"|does(?: not|n.t) exist)",
    r"\b(?:unknown|invalid|bad|forged|unverified|null|empty|unroutable) (?:envelope )?sender",
    r"\bverif\w+ failed for\b|\bcallout verification|\bdomain of sender\b|\bsender(?:'s)? domain\b",
    r"\bsendernot\w+|\bsendasdenied|'?send mail as'? (?:feature|account)|\bsender (?:isn.t"
    r"|is not)\b",
    r"\bbackscatter|\bbounce attack|\btoo many bounces",
    r"\b(?:helo|ehlo)\b.{0,30}\b(?:reject|refus|invalid|denied|requires|mismatch|impersonat|not\b)",
    r"\b(?:bad|invalid) (?:helo|ehlo)\b|\bmy name was rejected\b|\bdns check fail\w+",
    r"\bfrom: (?:domain|address|header)|\bcheck sender|\buse (?:the )?smtp (?:server )?of your",
    r"\bpasswords?\b|\blog ?-?in\b|\bpostmaster\b.{0,40}\b(?:not|no)\b",
    rf"\bclient (?:host|was|is|address)\b.{{0,20}}\b(?:{_NO}|not auth)",
    rf"\brcpthosts\b|\brelay(?:ing)?\b.{{0,30}}\b(?:{_NO}|{_NOT})|\bopen relay|\bno relaying",
    r"\bto relay\b|\bnot relay\b|\bpopauth|\bpop before smtp",
    r"\bauth (?:failed|required)|\bmismatch\w*|\blocal users? only|\brelay limit|\bsmtp limit",
    r"\bauthenticat(?:e|ion)\b.{0,30}\b(?:mechanism|required|failed|failure|first|credentials"
    r"|with|check"
    r"|not pass)|\b(?:requires?|need|must|turn on) (?:smtp |valid )?authenticat\w+",
    r"\bunauthenticated|\bnot authenticated|\bauthrequired|\bstarttls\b",
    r"\b(?:tls|encryption)\b.{0,20}\brequired|\brequires? (?:encryption|tls)",
    rf"\b{_NOT} to (?:send|post|submit|connect|deliver|use|relay|mail)|\ballowed access from your",
    rf"\byou(?: are|.re|r message was)? {_NOT}|\bnot subscribed\b|\brequires that you verify",
    r"\bidentit(?:y|ies)\b.{0,20}\b(?:failed|not verified)|\bis not verified\b",
    rf"\bdoes(?: not|n.t) accept {_MAIL} from\b|\bonly accept\w* {_MAIL} from|\bfrom this sender\b",
    r"\bmail ?from\b.{0,30}\bnot owned|\brejected by recipients?\b|\brecipient preferences",
    r"\buser (?:refuse[ds]|reject(?:s|ed))\b|\bsenders? (?:list|policy)\b|\bnon-?member"
    r"|\bmembers[- ]only",
)

# What they think of us: block lists, spam, reputation, authentication of mail, names in the DNS.
REPUTATION = _any(
    r"\b(?:black|block|deny|ban|white|allow|safe)[- ]?list\w*|\b(?:dns|u|s|x|p|d)[bu]l\b"
    r"|\bdnsbl\w*|\brbls?\b",
    r"\bspamhaus|\bspamcop|\bsorbs\b|\buceprotect|\bbarracuda|\babuseat|\bsenderscore|\bsenderbase",
    r"\bsbrs\b|\bcloudmark|\bivmsip|\(bl\)|\bdnsrbl|\bip profile",
    r"\bblocked\b|_blocked\b|\bbanned\b|\bspam\w*|\banti-?spam|\bunsolicited|\bjunk\w*|\bube\b",
    r"\bbulk e?-?mail|\bphish\w*|\bvirus\w*|\bmalware|\binfected|\bsuspicious|\bsuspicion",
    r"\bsuspected|\breputation|\babus(?:e|ive)\b|\bcomplaints?\b|\banti-?spoof\w*|\bspoof(?:ed"
    r"|ing)",
    r"\bprofanity|\bdt:sp\w+|\bmi:\w+|\bspf\b|\bdkim\b|\bdmarc\b|\bdomainkeys|\bsender id\b",
    r"\breverse.?(?:dns|hostname|lookup)|\brdns\b|\bptr\b|\bcannot find your (?:reverse )?hostname",
    r"\bcannot resolve your|\bdynamic.ips?\b|\bdial-?up|\bgeneric (?:dns|hostname|rdns)",
    r"\bno a, aaaa|\bgeograph\w+|\binvalid dns\b|\bbad reps?\b|\bnot welcome\b|\bunwelcome\b",
    r"\b(?:sender|sending|source|client) (?:ip|host)\b",
    # The codes of AOL and Yahoo, and of Outlook
    r"\b(?:rtr|rly|dyn|hvu|mff|pfv|con):\w\w\b|[\[(](?:tss?|bl|ph|au|ipts|vs|cs|hme?)\d{1,2}[\])]",
    r"\bipts\d\d|\b(?:ou|sc|dy|rp)-00\d",
    rf"\bips?\b.{{0,40}}\b(?:listed|{_NO}|{_NOT})",
    rf"\b(?:traffic|mail|connections?) (?:is )?{_NOT} from|\bnot accept\w* .{{0,20}}\bfrom your",
    rf"\byour (?:access|network|mail server|server|ip|host)\b.{{0,60}}\b(?:{_NO}|{_NOT})",
    r"\baccess to .{0,40}\bhas been rejected|\badministrative prohibition|\bpermanently deferred",
    r"\bpolicy (?:reasons|restrictions)|\b(?:local|security|due to) polic(?:y|ies)",
    r"\bpolic(?:y|ies) (?:violation|rejection)|\brejected[- ]by[- ].{0,20}filter|\bheader[- ]based",
)

# We send too much, too fast, or more than we may.
SENDER_RATE = _any(
    r"\brate[- ]?limit\w*|\bthrottl\w+|\bfrequency limit\w*|\bslow down\b|\bunusual rate",
    r"\b(?:excessive|unexpected|high) volume|\b(?:sending|sent) too (?:many|much|fast|often)",
    r"\bsent to too many|\bmessage rate|\bsending rate|\bmail rate",
    r"\btoo (?:many|much|frequent|fast)\b.{0,20}\b(?:connect\w*|messages|mails?|e-?mails?"
    r"|recipients"
    r"|rcpts|requests|sessions|errors|transactions|attempts|commands|invalid|unknown"
    r"|bad|wrong|non-?existent)\b(?! data)|\bexcessive\b.{0,20}\b(?:unknown|invalid|userid)",
    r"\b(?:harvest\w*|dictionary) attack",
    r"\byou(?:.ve| have)? (?:exceeded|reached|sent too)\b",
    r"\byour (?:sending|daily|hourly|message|mail) (?:limit|quota|rate)",
    r"\b(?:hourly|daily|sending|outbound|submission|connection|concurrency|messages?)"
    r" (?:user |message |mail |e-?mail |sending |rate |thread )*(?:limit|quota|rate)s?\b"
    r".{0,20}\b(?:exceed|reach|hit)",
    r"\bexceed\w*\b.{0,40}\b(?:number of (?:messages|mails|e-?mails|recipients|connections)|rate\b"
    r"|(?:messages|mails|e-?mails|recipients) (?:per|this|in|allowed|limit)|threshold)",
    r"\bmax(?:imum)? (?:number of )?(?:connections|messages? per)|\bper (?:hour|day|minute)\b",
)

# Something has to be tried again; words such as these outweigh that a mailbox is not there.
GREYLIST = _any(r"\bgr[ea]y-?list\w*")
TEMPORARY = _any(
    r"\btemporar\w+|\btransient|\bunverified address|\btry (?:again )?later|\bdeferred\b",
    r"\b(?:come|call) back later|\bplease (?:try|retry|resend).{0,30}\blater\b",
    r"\b(?:unable to|could ?n.t|could not) (?:be )?verif\w+|\bverification (?:in progress"
    r"|unavailable|timed?)|\blookup (?:failure|error|timed?)|\bhost not found, try again",
    r"\bcurrently (?:un|not )available|\bnot currently available|\btoo busy\b|\bload is too high",
    r"\bshutting down\b|(?<!remote )\b(?:ldap|database|directory|server|back-?end|lookup|query)\b"
    r"[^.;!]{0,20}\b(?:unavailable|error|fail(?:ed|ure)|down|unreachable|offline)\b",
)

MAILBOX_FULL = _any(
    rf"\b{_STORE}(?:'s|s)?\b{_gap(60)}\b(?:full|over ?-?quota|quota|exc?eed\w*|exhausted|space"
    r"|storage|over (?:its|their|the|disk)|too many messages)\b",
    r"\bover ?-?quota\b|\bquota (?:exceeded|violation|usage|has been)|\bquotaexceeded|\bis full\b",
    r"\bexceed\w*[^.;!]{0,40}\bquota|\bover[^.;!]{0,20}\bquota|\bquota\b[^.;!]{0,20}\bexceed",
    r"\bfull mail ?box|\bmailboxfull|\bexceeded storage allocation|\b(?:disk|disc|size) quota",
    r"\bno room in\b|\btoo much mail data|\bblocks limit|\binode limit|\bspace has been used up",
    r"\b(?:not enough|insufficient|out of|no) [^.;!]{0,20}\b(?:space|storage|disk)\b",
    r"\bwriting message: file too large",
    *foreign_phrases.MAILBOX_FULL,
)

# No such mailbox, or one that is closed for good, in words that mean nothing else.
NO_SUCH_MAILBOX = _any(
    r"\b(?:no such|unknown|invalid|non-? ?existent|unrecogni[sz]ed|not a (?:known|valid)|bad|wrong"
    r"|illegal|malformed|undefined|incorrect|inactive|deactivated|disabled|closed|deleted|expired"
    r"|suspended|terminated)(?: or"
    r" (?:illegal|unknown|inactive|invalid|discontinued))? (?:local |virtual |destination |domain"
    r" |e-?mail |internal |illegal )*(?:users?|mail ?box|mail drop|recipients?|address(?:es)?"
    r"|account|alias|person|local[- ]?part|rcpt|user ?name|i\.?d|(?<!domain )name)\b(?! error)",
    rf"\b{_RECIPIENT}\b{_gap(90)}\b(?:unknown|non-?existent|undeliverable address|unrecogni[sz]ed"
    r"|not (?:a )?(?:known|found|recogni[sz]ed|listed|exist\w*|valid|activated|active|be found|ok"
    r"|registered|a member of domain)|(?:does|do|did)(?: not|n.t) exist|\w+n.t (?:be )?(?:found"
    r"|exist)"
    r"|(?:doesn.t|does not) have an?|no longer (?:exists?|valid|active|available|in use|on|with"
    r"|works?|employed)|(?:has|have|is|was|been|are|now)(?: been| now)? (?:closed|deleted|removed"
    r"|deactivated|terminated|disabled|discontinued|suspended|inactive|cancell?ed|expired|frozen"
    r"|invalid))\b",
    rf"\b{_RECIPIENT} (?:disabled|inactive|suspended|closed|deleted|removed|deactivated"
    r"|terminated|discontinued|expired|invalid)\b",
    r"<[^<>]{1,60}> (?:is )?(?:now )?(?:disabled|unknown|inactive|not found|does not exist)\b",
    r"\bno (?:mail-? ?box (?:here|by|found|available for)|valid recipients|account (?:by|with|here)"
    r"|user (?:by|with)|one (?:at this|with that|by that))|\bnobody by that name",
    r"\b(?:does not|doesn.t) have an account\b|\bno such e-?mail\b|\bunrout(?:e)?able address\b",
    r"\brequested (?:mail )?action (?:not taken|aborted)[:,] mail ?box (?:unavailable|not found"
    r"|not available)|\bnot found in (?:the )?(?:ldap|directory|address book|user (?:list"
    r"|database))",
    r"\bnot (?:our|a) customer\b|\buser not local\b|\bvalidrcptto\b|\bbadrcptto\b",
    r"\b(?:recip(?:ient)?|user|mailbox)_?(?:not_?found|unknown)\b|\bex?recip(?:ient)?notfound",
    r"\badr\.\w*notfound|\bnot (?:an? )?(?:active|local|registered|existing|recogni[sz]ed|valid"
    r"|known) (?:user|mail ?box|recipient|e-?mail|address|account)\b",
    r"\bnot used for more than\b|\bis no longer valid\b|\bno longer on (?:this )?server\b",
    rf"\bno longer accepts {_MAIL}\b",
    r"\bhas (?:moved away|left (?:the|our))\b|\bno longer (?:with|works for|employed)\b",
    r"\bdomain (?:name )?(?:not found|does not exist|doesn.t exist|unknown)\b|\bunknown domain\b",
    r"\bno such domain\b|\bhost unknown\b|\bnxdomain\b|\bnull ?mx\b|\bany host named\b",
    r"\bdoes not accept (?:e-?)?mail\b(?! from)",
    *foreign_phrases.NO_SUCH_MAILBOX,
)

# The recipient is refused and it is not said why: only beside a code that names the mailbox.
RECIPIENT_REFUSED = _any(
    rf"\b{_RECIPIENT}\b{_gap(40)}\b(?:rejected|refused|unavailable|not available|not accepted"
    r"|denied)\b",
    r"\bdoes not like recipient\b|\brejected (?:address|recipient)",
    r"\b(?:rejected|refused|unavailable) (?:mail ?box|recipient|address|user)\b",
)

# Rules, content and size: the mail's or the sender's fault, in words that can stand beside others.
REFUSED = _any(
    rf"\bpolic(?:y|ies)\b|\bprohibit\w*|\brestrict\w*|\bforbidden\b|\b{_NOT}\b|\baccess denied\b",
    r"\bfilter\w*|\bquarantin\w+|\bunacceptable|\bsecurity\b|\bcontent\b|\battachment\b",
    rf"\b{_MAIL} (?:was |has been |is )?(?:{_NO}|{_NOT}|filtered)|\brejected for\b"
    rf"|\bwas rejected\b",
    r"\btoo (?:large|big)\b|\b(?:message|line|header)s? too long\b|\bsize limit",
    r"\b(?:message|mail|size)\b.{0,20}\bexceed\w*|\bexceed\w*.{0,40}\b(?:size|maximum)\b",
    r"\bdelivery not authori|\bnotauthori[sz]ed|\bnot accepting (?:messages|mail|connections)",
    r"\bno smtp service|\bis listed\b|\blisted (?:at|in|on|by)\b|\bbad (?:dns|header)",
    r"\bprotocol (?:error|violation)|\brfc ?\d{3,4}\b|\bnot comply|\brequired standards",
)

# Refused for good, and nothing of a recipient.
REJECTED = _any(
    r"\breject(?:ed|ion|s|ing)?\b|\bdenied\b|\bdeclined\b"
    r"|\b(?<!connection )(?<!connection was )refused\b"
    r"(?! to talk)|\bdisallowed\b|\binvalid (?:structure|header|data|content|character)"
)

NOT_NOW = _any(
    r"\btimed? ?out\b|\btimeout\b|\btemp_failure|\bconnection (?:was )?(?:dropped|refused|reset"
    r"|lost)|\blost connection|\bcould not (?:initiate|connect)|\bcannot connect|\bnot found\b",
    r"\bloops? back|\bunrout(?:e)?able (?:mail )?domain|(?<!not going to )\btry again|\bhops?\b",
    r"\bmail loop|\bforwarding loop|\bretry time|\bqueue too long|\bexpired\b|\bbusy\b",
    r"\bunreachable|\bno route|\bsystem error|\binternal error|\bservice (?:not|un)",
)
POLICY = (SENDER_REFUSED, SENDER_RATE, REPUTATION, _any(*foreign_phrases.POLICY))
